"""The beginnings of a resource pass the linters."""

import re
import shutil
from pathlib import Path

import pytest
from generator.__main__ import main
from generator.bundle import read_bundle
from generator.document import operations
from generator.lint import lint
from tests.unit.generator.spec_fixture import edit

PROJECT = Path(__file__).parents[3]


def test_the_printed_files_pass_the_linters(tmp_path, capsys):
    shutil.copytree(PROJECT / "spec", tmp_path / "spec")
    (tmp_path / "overrides/buildkite_rest/mock/resources").mkdir(parents=True)
    assert main(["new", "key_boxes", "--noun", "key_box"]) == 0
    _, *parts = re.split(r"^# (\S+/key_boxes\.\w+)\n", capsys.readouterr().out, flags=re.MULTILINE)
    for path, text in zip(parts[::2], parts[1::2], strict=True):
        (tmp_path / path).write_text(text, encoding="utf-8")
    edit(tmp_path / "spec", "openapi.yaml", "\ntags:\n", "\ntags:\n  - {name: key_boxes, description: Boxes.}\n")
    edit(tmp_path / "spec", "openapi.yaml", "x-scopes: [\n", "x-scopes: [\n read_key_boxes, write_key_boxes,\n")
    bundle = read_bundle(tmp_path / "spec")
    assert lint(bundle) == []
    found = [each.node["operationId"] for each in operations(bundle.document) if each.node["tags"] == ["key_boxes"]]
    assert found == ["listKeyBoxes", "createKeyBox", "getKeyBox", "updateKeyBox", "deleteKeyBox"]
    [module] = tmp_path.rglob("key_boxes.py")
    compile(module.read_text(encoding="utf-8"), module, "exec")


@pytest.mark.parametrize("arguments", [["Vaults"], ["sheep"], ["vaults", "--noun", "a vault"]])
def test_an_invalid_name_is_one_line(arguments, capsys):
    assert main(["new", *arguments]) == 1
    assert capsys.readouterr().err.endswith(" Name one object with --noun person. [new]\n")
