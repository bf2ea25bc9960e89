"""Marks of enumerations to which the API may add values."""

import json
from importlib.resources import files

import pytest


@pytest.mark.parametrize("stem", ["openapi", "openapi-3.0"])
def test_published_documents_have_the_marks(stem):
    schemas = json.loads((files("_buildkite_rest") / f"{stem}.json").read_bytes())["components"]["schemas"]
    marked = {name for name, schema in schemas.items() if schema.get("x-open-enum") is True}
    assert {"BuildState", "JobState", "WebhookEventName", "TeamRole"} <= marked
    assert not {"BuildStateFilter", "SuiteTestOrder"} & marked
