"""The generated methods, called through a port that sends nothing."""

import asyncio

import pytest
from tests.unit.generator.conftest import AsyncRecorder, Recorder

UNSET = "UNSET"


@pytest.fixture
def resources(generated_module):
    client = generated_module("resources").Resources()
    client._port = Recorder()
    return client


@pytest.fixture
def async_resources(generated_module):
    client = generated_module("resources").AsyncResources()
    client._port = AsyncRecorder()
    return client


def _given(mapping):
    """What would be sent: everything except `UNSET`."""
    return {name: value for name, value in mapping.items() if repr(value) != UNSET}


def _query(arguments):
    return {name: value for name, value in arguments.query.items() if value is not None}


def test_an_absent_argument_differs_from_null(resources):
    operation, arguments = resources.robots.create(name="R2", parts=[], owner=None)
    assert operation.id == "createRobot"
    assert _given(arguments.body) == {"name": "R2", "parts": [], "owner": None}
    assert list(arguments.body) == ["name", "parts", "label", "owner", "state"]


def test_query_arguments_have_their_wire_names(resources):
    operation, arguments, max_items = resources.robots.list(state=["built"], meta_data={"a": "b"}, max_items=5)
    assert operation.query_styles == {"state": "scalar-or-array", "built": "array", "meta_data": "deepObject"}
    assert _query(arguments) == {"state": ["built"], "meta_data": {"a": "b"}}
    assert max_items == 5


def test_a_method_without_a_result_returns_none(resources, async_resources):
    assert resources.robots.delete("r2") is None
    assert asyncio.run(async_resources.robots.delete("r2")) is None


def test_async_methods_send_the_same_requests(resources, async_resources):
    assert asyncio.run(async_resources.robots.get("r2")) == resources.robots.get("r2")
    assert async_resources.tapes.list("r2", per_page=1) == resources.tapes.list("r2", per_page=1)
    assert async_resources.tapes.stream_html("r2") == resources.tapes.stream_html("r2")


def test_every_operation_is_in_the_table(generated_module):
    operations = generated_module("operations")
    table = [(tag, name, operation.id, operation.method) for tag, name, operation in operations.all_operations()]
    assert table == [
        ("robots", "health", "getHealth", "GET"),
        ("robots", "list", "listRobots", "GET"),
        ("robots", "create", "createRobot", "POST"),
        ("robots", "get", "getRobot", "GET"),
        ("robots", "delete", "deleteRobot", "DELETE"),
        ("tapes", "list", "listTapes", "GET"),
        ("tapes", "get", "getTape", "GET"),
        ("tapes", "get_text", "getTape", "GET"),
        ("tapes", "stream_html", "getTape", "GET"),
        ("tapes", "head", "headTape", "HEAD"),
        ("tapes", "get_download", "downloadTape", "GET"),
    ]


def test_an_operation_has_the_type_of_its_result(generated_module):
    robots, models = generated_module("operations.robots"), generated_module("models")
    assert robots.GET_ROBOT.result() == models.Robot
    assert robots.LIST_ROBOTS.result() == list[models.Robot]
    assert robots.DELETE_ROBOT.result() is None
    assert robots.CREATE_ROBOT.scopes == ("read_robots", "write_robots")


def test_an_operation_has_the_python_names_of_its_arguments(generated_module):
    tapes = generated_module("operations.tapes")
    assert tapes.GET_TAPE_HTML.names == {"Range": "range_"}
