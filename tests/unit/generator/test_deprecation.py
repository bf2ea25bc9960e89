"""Generation of what is deprecated or has another name than before, and the warnings of its use."""

import ast
import asyncio
import copy
import inspect
import pickle
import warnings

import msgspec
import pytest
from generator.steps import generate
from tests.unit.generator.conftest import AsyncRecorder, Recorder
from tests.unit.generator.deprecations import EDITS
from tests.unit.generator.spec_fixture import write_spec_with_crews

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


def test_the_old_name_of_a_method_calls_it(robots):
    result, message = warned(lambda: robots.read("r2"))
    assert result == robots.get("r2")
    assert message == "`robots.read` is now `robots.get`."


def test_the_old_name_of_a_list_has_its_arguments(generated_module):
    client = generated_module("resources").Resources()
    client._port = Recorder()
    result, message = warned(lambda: client.tapes.index("r2", per_page=1, max_items=5))
    assert result == client.tapes.list("r2", per_page=1, max_items=5)
    assert message == "`tapes.index` is now `tapes.list`."


def test_the_old_name_of_an_argument_is_sent_as_the_new_one(robots):
    (_, arguments, _), message = warned(lambda: robots.list(labels={"a": "b"}))
    assert arguments.query["meta_data"] == {"a": "b"}
    assert message == "The argument `labels` of `robots.list` is now `meta_data`."
    result, message = warned(lambda: robots.create(title="R2", parts=[]))
    assert result[1].body["name"] == "R2"
    assert message == "The argument `title` of `robots.create` is now `name`."


def all_warned(call):
    """Call a function, and return its result and the warnings, all of which must be about the line of the call."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call()
    assert {(each.filename, each.lineno) for each in found} == {(HERE, call.__code__.co_firstlineno)}
    return result, [str(each.message) for each in found]


def test_the_old_name_of_a_method_accepts_the_old_names_of_its_arguments(robots):
    (_, arguments, _), messages = all_warned(lambda: robots.search(labels={"a": "b"}, built=[2026]))
    assert (arguments.query["meta_data"], arguments.query["built"]) == ({"a": "b"}, [2026])
    assert messages == [
        "`robots.search` is now `robots.list`.",
        "The argument `labels` of `robots.list` is now `meta_data`.",
        "The argument `built` of `robots.list` is deprecated.",
    ]


def test_both_names_of_an_argument_are_an_error(robots):
    with pytest.raises(TypeError, match=r"Robots.list\(\) got both 'meta_data' and its old name 'labels'"):
        robots.list(meta_data={}, labels={})


def test_each_argument_has_its_warning(robots):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        robots.create(title="R2", parts=[], boss=None, label="R")
    assert [(each.filename, str(each.message).split("`")[1]) for each in found] == [
        (HERE, "title"),
        (HERE, "boss"),
        (HERE, "label"),
    ]


def test_asynchronous_methods_warn_where_they_are_called(async_robots):
    async def check():
        for call, message in (
            (lambda: async_robots.read("r2"), "`robots.read` is now `robots.get`"),
            (lambda: async_robots.create(name="R2", parts=[], label="R"), "The argument `label`"),
            (lambda: async_robots.create(title="R2", parts=[]), "The argument `title`"),
        ):
            coroutine, text = warned(call)
            assert text.startswith(message)
            await asyncio.create_task(coroutine)
        coroutine, messages = all_warned(lambda: async_robots.build(title="R2", parts=[], label="R"))
        assert [each.split("`")[1] for each in messages] == ["robots.build", "title", "label"]
        _, arguments = await asyncio.create_task(coroutine)
        assert (arguments.body["name"], arguments.body["label"]) == ("R2", "R")
        (_, arguments, _), _ = warned(lambda: async_robots.list(labels={}))
        assert arguments.query["meta_data"] == {}

    asyncio.run(check())


def test_asynchronous_methods_stay_coroutine_functions_where_python_can_say_so(async_robots):
    assert inspect.iscoroutinefunction(inspect.unwrap(async_robots.create))
    if hasattr(inspect, "markcoroutinefunction"):
        assert inspect.iscoroutinefunction(async_robots.create)


def test_methods_of_an_organization_have_the_old_names(generated_module):
    client = generated_module("resources").Resources()
    client._port = Recorder()
    crews = generated_module("organization").OrganizationResources(client, "acme").crews
    (_, arguments), messages = all_warned(lambda: crews.get_by_name("night", machines=True))
    assert (arguments.path, arguments.query) == ({"org": "acme", "name": "night"}, {"robots": True})
    assert [each.split("`")[1] for each in messages] == ["crews.get_by_name", "machines"]


def test_signatures_have_the_new_names(robots):
    assert "meta_data" in inspect.signature(robots.list).parameters
    assert "labels" not in inspect.signature(robots.list).parameters


@pytest.fixture
def walker(generated_module):
    return generated_module("models").Walker


def test_a_deprecated_field_warns_when_it_is_read(walker):
    robot = walker(id="r2", legs=3)
    value, message = warned(lambda: robot.legs)
    assert value == 3
    assert message == "`Walker.legs` is deprecated."


def test_the_old_name_of_a_field_reads_the_new_one(walker):
    robot = msgspec.convert({"kind": "walker", "id": "r2", "built_at": "2026-03-02T09:15:00Z"}, walker)
    value, message = warned(lambda: robot.made_at)
    assert value is robot.built_at
    assert message == "`Walker.made_at` is now `Walker.built_at`."


def test_the_old_names_of_fields_are_arguments_of_the_class(walker):
    robot, messages = all_warned(lambda: walker(serial="r2", made_at=None, legs=3))
    assert robot == walker(id="r2", legs=3)
    assert messages == ["`Walker.serial` is now `Walker.id`.", "`Walker.made_at` is now `Walker.built_at`."]


def test_the_old_name_of_a_field_is_assigned_to_the_new_one(walker):
    robot = walker(id="r2")
    _, message = warned(lambda: setattr(robot, "serial", "c3"))
    assert robot.id == "c3"
    assert message == "`Walker.serial` is now `Walker.id`."


def test_the_old_name_of_a_field_is_replaced_in_a_copy(walker):
    robot, message = warned(lambda: walker(id="r2", legs=3).__replace__(serial="c3"))
    assert robot == walker(id="c3", legs=3)
    assert message == "`Walker.serial` is now `Walker.id`."


def test_both_names_of_a_field_are_an_error(walker):
    with pytest.raises(TypeError, match=r"Walker\(\) got both 'id' and its old name 'serial'"):
        walker(id="r2", serial="c3")
    with pytest.raises(TypeError, match="serail"):
        walker(serail="r2")


def test_decoding_encoding_and_copies_do_not_warn(walker):
    text = b'{"kind":"walker","id":"r2","legs":3,"built_at":null,"seen_at":null}'
    robot = msgspec.json.decode(text, type=walker)
    assert msgspec.json.encode(robot) == text
    assert robot == copy.copy(robot) == copy.deepcopy(robot) == pickle.loads(pickle.dumps(robot))
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


def test_docstrings_name_what_is_deprecated_and_renamed(robots, walker):
    assert "Deprecated. Needs no token." in inspect.getdoc(robots.health)
    assert "built: Deprecated. Only robots of these years." in inspect.getdoc(robots.list)
    assert "legs (int | None): Deprecated. How many legs." in inspect.getdoc(walker)
    assert inspect.getdoc(robots.read) == "Get a robot. Former name of `get`."


def test_the_published_document_has_neither_notes_nor_names_of_python(generated):
    text = (generated / "_buildkite_rest" / "openapi.yaml").read_text(encoding="utf-8")
    assert "Deprecated." not in text
    assert "x-renamed-from" not in text
    assert "deprecated: true" in text


def test_overloads_have_the_old_names(generated):
    tree = ast.parse((generated / "_buildkite_rest" / "resources" / "robots.py").read_text(encoding="utf-8"))
    robots = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Robots")
    new, *old, implementation = [node for node in robots.body if getattr(node, "name", "") == "create"]
    names = [{each.arg for each in node.args.kwonlyargs} for node in (new, *old, implementation)]
    assert names[0] == names[-1] == {"label", "name", "owner", "parts", "state"}
    # Either name of what is required, and both of what is not, since a program may be between two releases.
    assert names[1:-1] == [names[0] | {"boss"}, (names[0] - {"name"}) | {"title", "boss"}]
    for each in old:
        assert [ast.unparse(part).partition("(")[0] for part in each.decorator_list] == ["overload", "deprecated"]
