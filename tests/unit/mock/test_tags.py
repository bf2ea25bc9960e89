"""`TAGS` lists exactly the tags that the mock serves."""

from __future__ import annotations

import re
from importlib.resources import files

import yaml

from buildkite_rest.mock import TAGS
from buildkite_rest.mock.resources import ROUTES


def shape(method: str, path: str) -> tuple[str, str]:
    return method.upper(), re.sub(r"\{[^}]*\}", "{}", path)


def test_every_operation_of_the_tags_is_served_and_no_other():
    text = (files("_buildkite_rest") / "openapi.yaml").read_text(encoding="utf-8")
    paths = yaml.load(text, Loader=yaml.CSafeLoader)["paths"]
    described = {
        shape(method, path)
        for path, item in paths.items()
        for method, operation in item.items()
        if operation["tags"][0] in TAGS
    }
    assert {shape(route.method, route.operation) for route in ROUTES} == described
