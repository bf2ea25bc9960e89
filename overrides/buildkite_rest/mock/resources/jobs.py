"""Jobs: the list of a build, single jobs, and what can be done to them."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.pages import cursor_page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import BadRequestError, UnprocessableError
from ..render.jobs import job as render
from ..world.actions import retry, unblock
from ..world.builds import Job
from ..world.steps import strings
from . import lookup
from .lookup import BUILD, JOB, job_paths

routes = Routes()
#: There are so many on either side of zero: all that 32 bits hold.
_PRIORITIES = 1 << 31


@routes.route("GET", f"{BUILD}/jobs", scope="read_builds")
def list_jobs(call: Call) -> Reply:
    """List the jobs of a build, retried ones too unless they are not wanted."""
    query = call.query
    build = lookup.build(call)
    jobs = build.jobs if query.flag("include_retried_jobs", default=True) else build.current_jobs
    states = query.texts("state")
    for name, key in (("step_key", _step_key), ("group_key", _group_key)):
        wanted = query.text(name)
        if wanted is not None:
            jobs = [job for job in jobs if key(job) == wanted]
    if states:
        jobs = [job for job in jobs if job.state in states]
    view = lookup.view(call)
    return cursor_page(call, jobs, lambda job: job.id, lambda job: render(view, job), bounded=True)


def _step_key(job: Job) -> str | None:
    return job.step.key


def _group_key(job: Job) -> str | None:
    return job.step.group_key


@routes.route("GET", *JOB, scope="read_builds")
def get_job(call: Call) -> Reply:
    """Return one job."""
    return json(render(lookup.view(call), lookup.job(call)))


@routes.route("PUT", *job_paths("/retry"), scope="write_builds")
def retry_job(call: Call) -> Reply:
    """Run a job again and return the new attempt."""
    attempt = retry(call.world, lookup.job(call), call.token.user, call.now)
    return json(render(lookup.view(call), attempt))


@routes.route("PUT", *job_paths("/reprioritize"), scope="write_builds", checks="priority")
def reprioritize_job(call: Call) -> Reply:
    """Change the priority of a job."""
    job = lookup.job(call)
    priority = call.body.get("priority")
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise BadRequestError("Priority must be an integer")
    if not -_PRIORITIES <= priority < _PRIORITIES:
        raise BadRequestError("Priority is out of range")
    if job.step.type != "script":
        raise BadRequestError("Only command jobs have a priority")
    job.priority = priority
    return json(render(lookup.view(call), job))


@routes.route("PUT", *job_paths("/unblock"), scope="write_builds")
def unblock_job(call: Call) -> Reply:
    """Let a build go on that a block step holds."""
    job = lookup.job(call)
    by = call.token.user
    unblocker = call.body.get("unblocker")
    if unblocker is not None:
        members = lookup.organization(call).members
        found = next((member for member in members if member.id == str(unblocker).lower()), None)
        if found is None:
            raise UnprocessableError("Unblocker is not a valid user id for this organization")
        by = found
    unblock(call.world, job, by, strings(call.body.get("fields")), call.now)
    return json(render(lookup.view(call), job))
