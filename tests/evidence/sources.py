"""The parts of the sources that are compared with the spec."""

from attrs import frozen


@frozen
class Correction:
    """An operation that the documentation writes wrongly. `DECISIONS.md` has the reason."""

    page: str
    """The name of the file."""
    written: str
    """The method and the path as written, with `{}` for each parameter."""
    meant: str


HOST = "api.buildkite.com"
"""The host of the API in the commands of the documentation."""
PAGES = "pages/apis"
"""The folder of the pages about the API."""
SCOPES = f"{PAGES}/managing_api_tokens.md"
"""The page with the tables of all scopes."""
CORRECTIONS = (
    Correction(
        "maintainers.md",
        "DELETE /v2/organizations/{}/clusters/{}",
        "DELETE /v2/organizations/{}/clusters/{}/maintainers/{}",
    ),
    Correction(
        "quarantine.md",
        "PUT /v2/analytics/organizations/{}/suites/{}/tests/skipped",
        "GET /v2/analytics/organizations/{}/suites/{}/tests/skipped",
    ),
)
