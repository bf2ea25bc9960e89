"""How a pipeline hears of pushes: its webhook at the source code host, and whether it listens."""

from __future__ import annotations

from ..clock import iso_or_none
from ..engine.call import Call
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import NotFoundError, UnprocessableError
from ..world.pipelines import Pipeline
from . import lookup
from .lookup import PIPELINE

routes = Routes()
GITHUB_WEBHOOKS = f"{PIPELINE}/github-webhooks"
_GITHUB = frozenset({"github", "github_enterprise"})


@routes.route("POST", f"{PIPELINE}/webhook", scope="write_pipelines")
def create_webhook(call: Call) -> Reply:
    """Create the webhook at the host, once. The answer has no body."""
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id not in _GITHUB:
        raise UnprocessableError("Auto-creating webhooks is not supported for your repository.")
    if pipeline.webhook_created:
        raise UnprocessableError("Webhooks could not be created for your repository.")
    pipeline.webhook_created = True
    return Reply(201)


@routes.route("GET", GITHUB_WEBHOOKS, scope="read_pipelines")
def get_github_webhooks(call: Call) -> Reply:
    """Tell whether the pipeline listens."""
    return _state(call, _github_pipeline(call))


@routes.route("PUT", GITHUB_WEBHOOKS, scope="write_pipelines")
def enable_github_webhooks(call: Call) -> Reply:
    """Listen. Does nothing if the pipeline does already."""
    pipeline = _github_pipeline(call)
    pipeline.webhooks_disabled_at = pipeline.webhooks_disabled_by = None
    return _state(call, pipeline)


@routes.route("DELETE", GITHUB_WEBHOOKS, scope="write_pipelines")
def disable_github_webhooks(call: Call) -> Reply:
    """Do not listen. Whoever did that first stays on record."""
    pipeline = _github_pipeline(call)
    if pipeline.webhooks_disabled_at is None:
        pipeline.webhooks_disabled_at, pipeline.webhooks_disabled_by = call.now, call.token.user.name
    return _state(call, pipeline)


def _github_pipeline(call: Call) -> Pipeline:
    pipeline = lookup.managed_pipeline(call)
    if pipeline.provider_id not in _GITHUB:
        raise NotFoundError("Not Found")
    return pipeline


def _state(call: Call, pipeline: Pipeline) -> Reply:
    return json(
        {
            "url": f"{lookup.view(call).pipeline_url(pipeline)}/github-webhooks",
            "enabled": pipeline.webhooks_disabled_at is None,
            "disabled_at": iso_or_none(pipeline.webhooks_disabled_at),
            "disabled_by": pipeline.webhooks_disabled_by,
        }
    )
