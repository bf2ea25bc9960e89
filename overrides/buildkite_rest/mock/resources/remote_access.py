"""Remote access to jobs that run on hosted Macs. The answers carry credentials, so nobody may store them."""

from __future__ import annotations

from ..clock import iso
from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..ids import digest
from ..world.builds import Job
from . import lookup

routes = Routes()
_JOB = "/v2/organizations/{org}/jobs/{job_id}"
_NO_STORE = {"Cache-Control": "no-store"}
_SESSION_SECONDS = 300


@routes.route("POST", f"{_JOB}/vnc-session", scope="write_builds")
def create_vnc_session(call: Call) -> Reply:
    """Open the desktop of a job."""
    job = _running_on_a_mac(call)
    login = {"username": "runner", "password": digest("vnc", job.id, call.now, length=16)}
    return json({**_session(call, job), "vnc": login}, headers=_NO_STORE)


@routes.route("POST", f"{_JOB}/ssh-session", scope="write_builds")
def create_ssh_session(call: Call) -> Reply:
    """Open a shell next to a job."""
    job = _running_on_a_mac(call)
    key = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{digest('ssh', job.id, call.now)}\n-----END OPENSSH PRIVATE KEY-----\n"
    session = {**_session(call, job), "transport": "namespace_ingress"}
    return json({**session, "ssh": {"username": "runner", "private_key": key}}, headers=_NO_STORE)


def _running_on_a_mac(call: Call) -> Job:
    job = lookup.job(call)
    queue = job.queue
    if job.state != "running" or queue is None or not queue.hosted or queue.os != "darwin":
        raise UnprocessableError("The job is not a running command job on a macOS hosted agent")
    return job


def _session(call: Call, job: Job) -> dict[str, object]:
    return {
        "endpoint": f"wss://{digest('session', job.id, length=12)}.remote-access.example",
        "access_token": digest("access", job.id, call.now),
        "expires_at": iso(call.now + _SESSION_SECONDS),
    }
