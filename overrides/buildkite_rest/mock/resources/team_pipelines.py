"""Pipelines that teams have access to."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..errors import UnprocessableError
from ..render.teams import team_pipeline
from ..world.teams import TeamPipeline
from . import lookup
from .teams import TEAM, check_maintainer, team

routes = Routes()
_pipelines = Collection(
    noun="team pipeline",
    path=f"{TEAM}/pipelines",
    key="pipeline_uuid",
    shelf=lambda call: team(call).pipelines,
    render=lambda call, access: team_pipeline(lookup.view(call), access),
)
_pipelines.lists(routes, scope="read_teams")
_pipelines.reads(routes, scope="read_teams")
_pipelines.deletes(routes, scope="write_teams", before=lambda call, _: check_maintainer(call))


@_pipelines.creates(routes, scope="write_teams")
def create_team_pipeline(call: Call) -> tuple[str, TeamPipeline]:
    """Give the team access to a pipeline."""
    check_maintainer(call)
    wanted = call.body["pipeline_id"].lower()
    pipeline = next((one for one in lookup.organization(call).pipelines.values() if one.id == wanted), None)
    if pipeline is None:
        raise UnprocessableError("Validation failed: Pipeline must exist")
    if wanted in team(call).pipelines:
        raise UnprocessableError("Validation failed: Pipeline has already been taken")
    return wanted, TeamPipeline(pipeline=pipeline, access_level=call.body["access_level"], created_at=call.now)


@_pipelines.updates(routes, "PATCH", scope="write_teams")
def update_team_pipeline(call: Call, access: TeamPipeline) -> None:
    """Change what the team may do with the pipeline."""
    check_maintainer(call)
    access.access_level = call.body["access_level"]
