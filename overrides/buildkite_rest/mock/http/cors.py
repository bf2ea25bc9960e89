"""CORS headers."""

from __future__ import annotations

CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link"}
_ALLOWED_HEADERS = "Accept, Authorization, Buildkite-Version, Content-Type, Range, traceparent, User-Agent"


def preflight_headers(methods: str) -> dict[str, str]:
    """Return the headers of a preflight response."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }
