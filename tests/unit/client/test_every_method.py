"""Calls each method of each resource with all of its arguments, and compares what is sent with the spec."""

import inspect
import json
import re
from datetime import date, datetime
from functools import cache, partial
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from tests.each import check_each
from tests.unit.client.fake_ports import Port, ask, ask_async, resource
from tests.unit.client.openapi_document import at, described, problems, resolve
from tests.unit.client.samples import sample

from _buildkite_rest.operations import METHODS, all_operations
from _buildkite_rest.resources import Resources
from _buildkite_rest.types import UNSET
from buildkite_rest import AsyncBuildkite, Buildkite
from buildkite_rest._http.request import build_request

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

CALLS = {f"{tag}.{name}": (tag, name, operation) for tag, name, operation in all_operations()}
PLACES = {"path": "path", "query": "query", "headers": "header"}
HANDWRITTEN = {
    "builds": {
        "wait",
        "follow",
        "download_logs",
        "list_history",
    },
    "artifacts": {"download", "read", "stream", "download_build"},
    "jobs": {"wait", "follow_log", "tail_log"},
}

both_kinds = pytest.mark.parametrize("asking", [ask, ask_async], ids=["sync", "async"])


@cache
def destinations(tag, name):
    """Return the place and the name on the wire of each parameter: marks are passed and looked up."""
    parameters = inspect.signature(getattr(resource(Resources, Port(), tag), name)).parameters
    marks = {parameter: object() for parameter in parameters if parameter != "max_items"}
    sent = ask(tag, name, marks).arguments
    found = {id(mark): (place, wire) for place in (*PLACES, "body") for wire, mark in getattr(sent, place).items()}
    assert len(found) == len(marks)
    return {parameter: found[id(mark)] for parameter, mark in marks.items()}


def anything(tag, name):
    """Return arguments whose values do not matter."""
    return dict.fromkeys(destinations(tag, name))


def made_up(tag, name, spec):
    """Return a value that the spec allows for each parameter."""
    body = sample(spec.body) if spec.body else {}

    def value(place, wire):
        if place == "body":
            return body.get(wire, UNSET)  # what is left out excludes what is there
        declared = spec.parameters.get((PLACES[place], f"{wire}[]")) or spec.parameters[PLACES[place], wire]
        return example(declared) if "example" in declared.node else sample(declared.schema)

    return {parameter: value(*destination) for parameter, destination in destinations(tag, name).items()}


def example(parameter):
    """Return the example of a parameter as its method accepts it. YAML has dates where the API has strings."""
    value = parameter.node["example"]
    if resolve(parameter.node["schema"]).get("format") == "date-time":
        return datetime.fromisoformat(value)
    return value.isoformat() if isinstance(value, date) else value


def read_query(spec, query):
    """Return the parameters of a query as a server would read them that knows the spec."""
    values = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        base, _, rest = key.partition("[")
        declared = spec.parameters.get(("query", key)) or spec.parameters["query", base]
        schema = resolve(declared.node["schema"])
        if declared.node.get("style") == "deepObject":
            values.setdefault(base, {})[rest.removesuffix("]")] = text
        elif schema["type"] == "array":
            values.setdefault(key, []).append(text)
        else:
            assert key not in values
            values[key] = json.loads(text) if schema["type"] in ("integer", "boolean") else text
    return values


def test_every_operation_has_a_method():
    assert {operation.id for _, _, operation in all_operations()} == set(described())


def test_methods_have_the_parameters_of_their_operations():
    check_each(CALLS, check_parameters)


def check_parameters(tag, name, operation):
    spec = described()[operation.id]
    accepted = {(PLACES[place], wire) for place, wire in destinations(tag, name).values() if place in PLACES}
    declared = {(place, key.removesuffix("[]")) for place, key in spec.parameters}
    # A header may belong to one of the media types only, which is a method of its own.
    assert accepted == declared - {("header", key) for place, key in declared - accepted if place == "header"}
    properties = set(resolve(at(spec.body))["properties"]) if spec.body else set()
    assert {wire for place, wire in destinations(tag, name).values() if place == "body"} == properties


@both_kinds
def test_methods_send_requests_that_match_the_spec(asking):
    check_each(CALLS, partial(check_request, asking))


def check_request(asking, tag, name, operation):
    spec = described()[operation.id]
    asked = asking(tag, name, made_up(tag, name, spec))
    assert asked.operation is operation
    wire = build_request(operation, asked.arguments)
    url = urlsplit(wire.target)

    assert wire.method == spec.method
    segments = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", spec.path), url.path).groupdict()
    for key, text in segments.items():
        declared = spec.parameters["path", key]
        value = int(text) if declared.node["schema"].get("type") == "integer" else unquote(text)
        assert problems(declared.schema, value) == []
    for key, value in read_query(spec, url.query).items():
        assert problems(spec.parameters["query", key].schema, value) == []
    if operation.body_media == "application/json":
        assert problems(spec.body, json.loads(wire.content)) == []
    elif operation.body_media == "multipart/form-data":
        declared = resolve(at(spec.body))["properties"]
        files = {name for name in wire.form.parts if declared[name].get("format") == "binary"}
        assert wire.form.parts
        assert files == set(operation.files) & set(wire.form.parts)
    else:
        assert spec.body is wire.content is None


@both_kinds
def test_methods_use_the_port_that_fits_their_responses(asking):
    check_each(CALLS, partial(check_port, asking))


def check_port(asking, tag, name, operation):
    asked = asking(tag, name, anything(tag, name))
    if operation.pagination != "none":
        assert asked.way == asked.returned == "paginate"
    elif operation.returns == "stream":
        assert asked.way == asked.returned == "stream"
    else:
        assert asked.way == "send"
        assert asked.returned == (None if operation.returns == "nothing" else "send")


@pytest.fixture(scope="module")
def clients():
    """Both clients. Nothing is sent, so nothing has to be closed but the one that would complain."""
    with Buildkite("token") as client:
        yield client, AsyncBuildkite("token")


def methods_of(a_resource):
    return {name: method for name, method in inspect.getmembers(a_resource, inspect.isroutine) if name[0] != "_"}


def test_both_clients_have_the_same_methods_with_the_same_parameters(clients):
    check_each({tag: (tag, *clients) for tag in METHODS}, check_same_methods)


def check_same_methods(tag, *clients):
    one, other = (methods_of(getattr(client, tag)) for client in clients)
    assert set(one) == set(other) == set(METHODS[tag]) | HANDWRITTEN.get(tag, set())
    for name, method in one.items():
        assert list(inspect.signature(method).parameters.values()) == list(
            inspect.signature(other[name]).parameters.values()
        )
