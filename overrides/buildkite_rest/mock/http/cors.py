"""CORS headers of the API, of its preflight responses and of the storage."""

from typing import Final

ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*"}
API_HEADERS: Final = {**ANY_ORIGIN, "Access-Control-Expose-Headers": "Link"}
STORAGE_HEADERS: Final = {**ANY_ORIGIN, "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, ETag"}
_REQUEST_HEADERS: Final = "Accept, Authorization, Buildkite-Version, Content-Type, Range, traceparent, User-Agent"


def preflight_headers(methods: str) -> dict[str, str]:
    """Return the headers of a response to a preflight request for a path with these `methods`."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": "600",
    }
