"""Generation of what is deprecated, and the warnings of its use."""

import asyncio
import copy
import inspect
import warnings

import msgspec
import pytest
from generator.steps import generate
from tests.unit.generator.conftest import AsyncRecorder, Recorder
from tests.unit.generator.spec_fixture import CREWS, ROBOTS, write_spec_with_crews

EDITS = [
    (ROBOTS, "x-sdk-method: health\n", "x-sdk-method: health\n      deprecated: true\n"),
    (ROBOTS, "- name: built[]\n", "- name: built[]\n          deprecated: true\n"),
    (ROBOTS, "label: {description", "label: {deprecated: true, description"),
    (ROBOTS, "legs: {description", "legs: {deprecated: true, description"),
    (ROBOTS, "    Pairing:\n", "    Pairing:\n      deprecated: true\n"),
    (ROBOTS, "    Part:\n", "    Part:\n      deprecated: true\n"),
    (ROBOTS, "    State: # State\n", "    State: # State\n      deprecated: true\n"),
    (CREWS, "x-sdk-method: get_of_organization\n", "x-sdk-method: get_of_organization\n      deprecated: true\n"),
]


HERE = __file__


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The files of the edited spec, in place of those of the plain one."""
    folder = tmp_path_factory.mktemp("deprecations")
    out = folder / "generated"
    generate(write_spec_with_crews(folder / "spec", *EDITS), out)
    return out


@pytest.fixture
def robots(generated_module):
    client = generated_module("resources").Resources()
    client._port = Recorder()
    return client.robots


@pytest.fixture
def async_robots(generated_module):
    client = generated_module("resources").AsyncResources()
    client._port = AsyncRecorder()
    return client.robots


def warned(call):
    """Call a function, and return its result and the only warning, which must be about the line of the call."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call()
    [warning] = found
    assert warning.category is DeprecationWarning
    assert (warning.filename, warning.lineno) == (HERE, call.__code__.co_firstlineno)
    return result, str(warning.message)


def test_a_deprecated_method_warns(robots):
    result, message = warned(lambda: (robots.health(),))
    assert result == (None,)
    assert message == "`robots.health` is deprecated."


def test_a_deprecated_argument_warns_if_it_is_given(robots):
    (_, arguments, _), message = warned(lambda: robots.list(built=[2026]))
    assert arguments.query["built"] == [2026]
    assert message == "The argument `built` of `robots.list` is deprecated."
    robots.list()
    robots.list(built=None)


def test_a_deprecated_argument_of_a_body_warns_for_null_too(robots):
    (_, arguments), message = warned(lambda: robots.create(name="R2", parts=[], label=None))
    assert arguments.body["label"] is None
    assert message == "The argument `label` of `robots.create` is deprecated."
    robots.create(name="R2", parts=[])


def test_asynchronous_methods_warn_where_they_are_called(async_robots):
    async def check():
        coroutine, message = warned(lambda: async_robots.create(name="R2", parts=[], label="R"))
        assert message.startswith("The argument `label`")
        _, arguments = await asyncio.create_task(coroutine)
        assert arguments.body["label"] == "R"

    asyncio.run(check())


def test_asynchronous_methods_stay_coroutine_functions_where_python_can_say_so(async_robots):
    assert inspect.iscoroutinefunction(inspect.unwrap(async_robots.create))
    if hasattr(inspect, "markcoroutinefunction"):
        assert inspect.iscoroutinefunction(async_robots.create)


def test_methods_of_an_organization_warn_too(generated_module):
    client = generated_module("resources").Resources()
    client._port = Recorder()
    crews = generated_module("organization").OrganizationResources(client, "acme").crews
    (_, arguments), message = warned(lambda: crews.get_of_organization("night"))
    assert arguments.path == {"org": "acme", "name": "night"}
    assert message == "`crews.get_of_organization` is deprecated."


@pytest.fixture
def walker(generated_module):
    return generated_module("models").Walker


def test_a_deprecated_field_warns_when_it_is_read(walker):
    robot = walker(id="r2", legs=3)
    value, message = warned(lambda: robot.legs)
    assert value == 3
    assert message == "`Walker.legs` is deprecated."


def test_decoding_encoding_and_copies_do_not_warn(walker):
    text = b'{"kind":"walker","id":"r2","legs":3,"built_at":null,"seen_at":null}'
    robot = msgspec.json.decode(text, type=walker)
    assert msgspec.json.encode(robot) == text
    assert robot == copy.copy(robot) == copy.deepcopy(robot)
    assert repr(robot) == "Walker(id='r2', legs=3)"
    robot.legs = 4
    assert msgspec.structs.asdict(robot)["legs"] == 4


def test_deprecated_types_are_marked_and_listed(generated_module):
    models, params = generated_module("models"), generated_module("params")
    assert models.Pairing.__deprecated__ == "`Pairing` is deprecated."
    assert params.Part.__deprecated__ == "`Part` is deprecated."
    assert models.DEPRECATED.keys() == {"Pairing"}
    assert params.DEPRECATED == {
        "Part": "`Part` is deprecated.",
        "State": "`State` is deprecated.",
    }
    assert models.Pairing(robot_id="r2", code="1").robot_id == "r2"


def test_docstrings_name_what_is_deprecated(robots, walker):
    assert "Deprecated. Needs no token." in inspect.getdoc(robots.health)
    assert "built: Deprecated. Only robots of these years." in inspect.getdoc(robots.list)
    assert "legs (int | None): Deprecated. How many legs." in inspect.getdoc(walker)


def test_the_published_document_has_no_notes(generated):
    text = (generated / "_buildkite_rest" / "openapi.yaml").read_text(encoding="utf-8")
    assert "Deprecated." not in text
    assert "deprecated: true" in text
