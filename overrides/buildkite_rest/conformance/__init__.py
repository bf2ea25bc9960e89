"""Check a server against the OpenAPI spec: `python -m buildkite_rest.conformance --base-url URL`.

Needs the extra `conformance`. `cli` defines the options; all modules are private to the runner.
"""

from typing import Final

PROGRAM: Final = "python -m buildkite_rest.conformance"
"""Name of the command in messages, unless it is run as a command of `buildkite-rest`."""
