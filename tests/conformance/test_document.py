"""OpenAPI documents of `--spec`: those that would check nothing are refused."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from buildkite_rest.conformance.api import Api, CannotRunError

ROOT = Path(__file__).parents[2]
MERGED = ROOT / "generated/_buildkite_rest/openapi.yaml"
EMPTY = {"openapi": "3.1.0", "info": {"version": "1"}, "paths": {}}


def document(schema: object, **components: object) -> str:
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "getUser", "responses": {"200": response}}
    return json.dumps({**EMPTY, "paths": {"/v2/user": {"get": operation}}, "components": {"schemas": components}})


def load(text: str, tmp_path: Path) -> Api:
    (tmp_path / "spec.yaml").write_text(text)
    return Api.load(tmp_path / "spec.yaml")


LOOP = {"$ref": "#/components/schemas/Loop"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (document({"$ref": "#/components/schemas/A"}), "has a reference that leads nowhere: '#/components/schemas/A'"),
        (document({"items": {"$ref": "#User"}}), "has a reference that leads nowhere: '#User'"),
        (document(LOOP, Loop=LOOP), "has a reference that leads nowhere: '#/components/schemas/Loop'"),
        (document({"$ref": "#/info/version"}), "has a reference that leads nowhere: '#/info/version'"),
        (document({"allOf": [{"pattern": "["}]}), "has a pattern that cannot be used, '[': unterminated"),
        (document({"patternProperties": {"a": {}, "(": {}}}), "has a pattern that cannot be used, '(': missing )"),
        (document({"$ref": "http://x/a"}), "refers to another document: 'http://x/a'. Bundle them into one file."),
        (document({"operationRef": "a"}), "refers to another document: 'a'. Bundle them into one file."),
        ("paths: [", "is not YAML: line "),
        ("{", "is not YAML: line "),
        ("\x00\x01", "is not YAML"),
        ("x: !!int foo", "is not YAML"),
        ("", "is not an OpenAPI document"),
        ("[1, 2]", "is not an OpenAPI document"),
        ('{"openapi": "3.1.0", "paths": []}', "is not an OpenAPI document"),
        (json.dumps({**EMPTY, "paths": {"/": {"get": {}}}}), "is an incomplete OpenAPI document: it has no "),
        (
            json.dumps({**EMPTY, "paths": {"/": {"get": 5}}}),
            "is an incomplete OpenAPI document: a part has another type",
        ),
    ],
)
def test_a_document_that_checks_nothing_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match=f"spec.yaml {re.escape(message)}") as raised:
        load(text, tmp_path)
    assert "\n" not in str(raised.value)


def test_references_of_all_kinds_are_used(tmp_path: Path) -> None:
    schema: dict[str, Any] = {
        "$ref": "#/components/schemas/Us~0er",
        "properties": {"example": {"$ref": 1}, "$ref": {"type": "string"}, "pattern": {"type": "string"}},
        "example": {"$ref": "elsewhere", "pattern": "["},
        "items": {"$ref": "#/paths/~1v2~1user/get/responses/200/content/application~1json/schema/allOf/0"},
        "allOf": [{"type": "object"}],
    }
    found = load(document(schema, **{"Us~er": {"type": "string", "pattern": "^[a-z]+$"}}), tmp_path)
    assert [each.id for each in found.operations] == ["getUser"]
    assert Api.load(MERGED.with_suffix(".json")).operations


def test_a_fragment_names_the_bundled_document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("openapi.yaml", "resources/agents.yaml"):
        with pytest.raises(CannotRunError, match=f"{re.escape(os.path.relpath(MERGED))}.$"):
            Api.load(ROOT / "spec" / name)
