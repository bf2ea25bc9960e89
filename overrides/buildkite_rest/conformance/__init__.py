"""Checks a server against the OpenAPI description: `python -m buildkite_rest.conformance --base-url URL`.

Needs the extra `conformance`. The module `cli` describes the options; everything else here is private to the runner.
"""
