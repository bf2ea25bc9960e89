"""The kinds of notification services, and which settings each has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

#: Stands for no value, where null is one.
MISSING: Final = object()
#: The latest version of the payload of webhooks.
LATEST_VERSION = 3
#: What stands before the last characters of a masked secret.
_MASK = "X" * 12
_SHOWN = 4
_URL = re.compile(r"https?://[^\s/?#]\S*")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}", re.ASCII)


def _anything(_: Any) -> bool:
    return True


def _text(value: Any) -> bool:
    return bool(value.strip())


def _url(value: Any) -> bool:
    return _URL.fullmatch(value) is not None


@attrs.frozen(kw_only=True)
class Setting:
    """One setting: whether it is needed, whether it can be changed, and how it is shown."""

    required: bool = False
    fixed: bool = False
    masked: bool = False
    hidden: bool = False
    #: Whether only some organizations have it.
    enterprise: bool = False
    #: Whether the server makes a value up.
    generated: bool = False
    #: Value when none is sent. The setting is missing where there is none.
    default: Any = MISSING
    valid: Callable[[Any], bool] = _anything

    def shown(self, value: Any) -> Any:
        """Return the value as it is shown: of what is masked only the end."""
        return mask(value) if self.masked else value


@attrs.frozen(kw_only=True)
class Provider:
    """A kind of service. `graphql_type` is the name of its type in the GraphQL API, if that has one."""

    name: str
    graphql_type: str | None = None
    settings: Mapping[str, Setting] = attrs.field(factory=dict[str, Setting])
    enterprise: bool = False


def mask(secret: str) -> str:
    """Return a secret of which only the end can be read, or nothing if it is hardly longer."""
    return _MASK + (secret[-_SHOWN:] if len(secret) > 2 * _SHOWN else "")


PROVIDERS: Mapping[str, Provider] = {
    "webhook": Provider(
        name="Webhook",
        graphql_type="NotificationServiceWebhook",
        settings={
            "url": Setting(required=True, valid=_url),
            "token": Setting(generated=True),
            "token_mode": Setting(default="token"),
            "version": Setting(default=LATEST_VERSION, valid=lambda value: 1 <= value <= LATEST_VERSION),
            "events": Setting(default=()),
            "tls_verify": Setting(default=True),
        },
    ),
    "slack": Provider(
        name="Slack",
        graphql_type="NotificationServiceSlack",
        settings={"url": Setting(required=True, hidden=True, valid=_url), "theme": Setting(default="text")},
    ),
    "aws_event_bridge": Provider(
        name="Amazon EventBridge",
        settings={
            "aws_region": Setting(required=True, fixed=True, valid=lambda value: bool(_REGION.fullmatch(value))),
            "aws_account_id": Setting(
                required=True, fixed=True, masked=True, valid=lambda value: bool(_ACCOUNT.fullmatch(value))
            ),
            "include_build_meta_data": Setting(default=False, enterprise=True),
        },
    ),
    "datadog_pipeline_visibility": Provider(
        name="Datadog Pipeline Visibility",
        settings={
            "api_key": Setting(required=True, masked=True, valid=_text),
            "datadog_site": Setting(default="datadoghq.com"),
            "datadog_tags": Setting(default=None),
        },
    ),
    "open_telemetry_tracing": Provider(
        name="OpenTelemetry Tracing",
        graphql_type="NotificationServiceOpenTelemetryTracing",
        settings={
            "endpoint": Setting(required=True, valid=_url),
            "service_name": Setting(default="buildkite"),
            "headers": Setting(hidden=True),
            "resource_attributes": Setting(default={}),
            "tracestate": Setting(enterprise=True),
        },
    ),
    "event_log_api": Provider(name="Event Log API", settings={"events": Setting(default=())}, enterprise=True),
    "slack_workspace": Provider(name="Slack Workspace"),
    "linear": Provider(name="Linear"),
}
