"""The generated models: decoding, masked secrets and lazy imports."""

import importlib
import subprocess
import sys
from datetime import UTC, datetime

import msgspec
import pytest
from generator.bundle import read_bundle
from generator.datamodel_code_generator import write_models
from generator.errors import GenerationError
from generator.steps import generate
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, TAPES, line_of, write_spec


@pytest.fixture
def models(generated_module):
    return generated_module("models")


def test_a_union_is_decoded_by_its_tag(models):
    page = b'[{"kind": "walker", "id": "r2", "legs": 3}, {"kind": "flyer", "id": "bb8", "wings": null}]'
    walker, flyer = msgspec.json.decode(page, type=list[models.Robot])
    assert (type(walker), walker.legs) == (models.Walker, 3)
    assert (type(flyer), flyer.wings) == (models.Flyer, None)


@pytest.mark.parametrize("text", ["2026-03-02T09:15:00Z", "2026-03-02 09:15:00 UTC"])
def test_both_forms_of_a_time_are_datetimes(text, models):
    moment = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    walker = msgspec.convert({"kind": "walker", "id": "r2", "seen_at": text}, type=models.Robot)
    assert walker.seen_at == moment
    assert msgspec.json.decode(msgspec.json.encode(walker), type=models.Robot) == walker
    assert models.Walker.__datetimes__ == {"seen_at": True}


def test_a_required_time_in_two_forms_may_not_be_null(edited, tmp_path):
    optional = "oneOf: [{$ref: '#/components/schemas/Moment'}, {type: 'null'}] # seen_at"
    moment = "seen_at:\n          description: When it was last seen.\n          "
    spec = edited(
        (ROBOTS, f"{moment}{optional}", "seen_at: {$ref: '#/components/schemas/Moment'}"),
        (ROBOTS, "required: [kind, id]\n", "required: [kind, id, seen_at]\n"),
    )
    write_models(read_bundle(spec).document, tmp_path / "models")
    assert '= {"seen_at": False}' in (tmp_path / "models/walker.py").read_text(encoding="utf-8")


def test_times_of_a_base_schema_are_converted_too(edited, tmp_path, monkeypatch):
    flyer = "    Flyer: # Flyer\n      description: A robot that flies.\n"
    moment = "{$ref: '#/components/schemas/Moment'}"
    extended = f"""
    Visit:
      description: A visit.
      type: object
      x-entry-point: true
      properties:
        began_at: {moment}
    LongVisit:
      description: A long visit.
      x-entry-point: true
      allOf:
        - $ref: '#/components/schemas/Visit'
        - type: object
          properties:
            ended_at: {moment}
"""
    spec = edited((ROBOTS, flyer, f"{extended.lstrip(chr(10))}{flyer}"))
    write_models(read_bundle(spec).document, tmp_path / "visits")
    monkeypatch.syspath_prepend(tmp_path)
    visit = importlib.import_module("visits.long_visit").LongVisit(
        began_at="2026-03-02 09:15:00 UTC", ended_at="2026-03-02T09:16:00Z"
    )
    assert (visit.ended_at - visit.began_at).total_seconds() == 60


def test_secrets_are_masked(models):
    pairing = models.Pairing(robot_id="r2", code="hunter2", spare_code="hunter3")
    assert repr(pairing) == "Pairing(robot_id='r2', code=***, spare_code=***)"
    assert str(pairing) == repr(pairing)
    assert f"{[pairing]}" == f"[{pairing!r}]"
    assert repr(models.Pairing(robot_id="r2", code="hunter2")) == "Pairing(robot_id='r2', code=***)"


def test_an_unknown_name_is_an_attribute_error(models):
    with pytest.raises(AttributeError, match=r"module '_buildkite_rest\.models' has no attribute 'Cyborg'"):
        models.Cyborg  # noqa: B018


LAZY = """
import sys
import _buildkite_rest.models as models, _buildkite_rest.params as params
import _buildkite_rest.operations.robots
from _buildkite_rest.resources import Resources
def loaded():
    return sorted(name.partition(".")[2] for name in sys.modules if name.startswith("_buildkite_rest.")
                  and name.count(".") == 2 and name.split(".")[1] != "operations")
print(loaded())
models.Robot
print(loaded())
"""


def test_a_model_is_imported_on_first_use(generated):
    done = subprocess.run(
        [sys.executable, "-c", LAZY], capture_output=True, text=True, env={"PYTHONPATH": str(generated)}, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['models.flyer', 'models.moment', 'models.robot', 'models.walker']"]


def test_a_warning_is_a_problem(tmp_path):
    document = read_bundle(SPEC).document
    document["components"]["schemas"]["Tape"]["properties"]["minutes"] = {"type": "string", "format": "beeps"}
    with pytest.raises(GenerationError, match=r"^datamodel-code-generator: .*beeps.* \[generator-warning\]$"):
        write_models(document, tmp_path / "models")


@pytest.mark.parametrize(
    "name", ["Meta", *(pytest.param(name, marks=pytest.mark.exhaustive) for name in ("Struct", "Annotated"))]
)
def test_a_reserved_schema_name_is_a_problem(name, tmp_path):
    spec = write_spec(tmp_path / "spec")
    file, schema = TAPES, "TapeDownload"
    text = (spec / file).read_text(encoding="utf-8")
    (spec / file).write_text(
        text.replace(f"schemas/{schema}'", f"schemas/{name}'").replace(f"    {schema}:", f"    {name}:")
    )
    with pytest.raises(GenerationError) as raised:
        generate(spec, tmp_path / "out")
    [line] = str(raised.value).splitlines()
    assert line.startswith(f"{spec / file}:{line_of(spec / file, f'    {name}:')}: ")
    assert "a schema has a name that the generated code uses itself; rename it: " in line
    assert name in line
    assert line.endswith("[generator-rename]")
    assert not (tmp_path / "out").exists()
