"""CORS headers."""

from __future__ import annotations

_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link"}
_ALLOWED_HEADERS = "Accept, Authorization, Buildkite-Version, Content-Type, Range, traceparent, User-Agent"


def _preflight(methods: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }
