"""Contract with openapi-python-client: each of its internals that the adapter uses exists and behaves as assumed."""

from importlib.metadata import version

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.methods.arguments import drop_scalar_variants
from generator.openapi_python_client import _config, _problem, python_name, read_calls
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.schema.untrusted_string import UntrustedString
from tests.unit.generator.spec_fixture import SPEC

BODY = {"name": True, "parts": True, "label": False, "owner": False, "state": False}


def failure(assumption):
    return (
        f"openapi-python-client {version('openapi-python-client')}: {assumption} no longer holds. "
        "Change generator/openapi_python_client.py, or pin the version before this one in pyproject.toml."
    )


@pytest.fixture
def document():
    return drop_scalar_variants(read_bundle(SPEC).document)


def parse(document):
    return GeneratorData.from_dict(document, config=_config(document))


def test_every_operation_is_an_endpoint_with_its_parameters_in_order(document):
    calls = read_calls(document)
    parameters = {key: call.parameters for key, call in calls.items()}
    assert len(parameters) == 9, failure("one endpoint for each operation")
    expected = [("query", name) for name in ("state[]", "built[]", "meta_data", "page", "per_page")]
    assert parameters["get", "/robots"] == expected, failure("the order of query parameters")
    tape = [("path", "id"), ("header", "Range")]
    assert parameters["get", "/robots/{}/tape"] == tape, failure("path and header parameters")
    assert calls["post", "/robots"].properties == BODY, failure("the properties of bodies")


def test_path_parameters_are_in_the_order_of_the_path(document):
    operation = document["paths"]["/robots/{id}"].pop("get")
    first, second = ({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in "ab")
    document["paths"]["/{a}/{b}"] = {"get": operation | {"parameters": [second, first]}}
    assert read_calls(document)["get", "/{}/{}"].parameters == [("path", "a"), ("path", "b")], failure(
        "the order of path parameters"
    )


def test_an_invalid_document_is_an_error():
    error = parse({"openapi": "3.1.0", "paths": {}})
    assert isinstance(error, GeneratorError), failure("GeneratorError for an invalid document")
    assert error.header, failure("GeneratorError.header")
    assert error.detail, failure("GeneratorError.detail")


def test_what_is_not_understood_is_a_warning(document):
    parameter = {"name": "part", "in": "query", "schema": {"type": "integer", "default": "left"}}
    document["paths"]["/robots/{id}"]["get"]["parameters"].append(parameter)
    with pytest.raises(GenerationError) as raised:
        read_calls(document)
    [problem] = raised.value.problems
    assert problem.rule == "generator-warning", failure("a warning for an invalid parameter")
    assert "/robots/{id}" in problem.message, failure("the header of a warning about an operation")


def test_a_warning_has_no_addresses():
    error = GeneratorError(detail=f"Cannot parse {UntrustedString('a')} and {UntrustedString('b')}", header="In x:")
    assert _problem(error).message == "openapi-python-client: In x: Cannot parse … and …"


def test_bodies_may_have_any_media_type(document):
    operation = document["paths"]["/robots"]["post"]
    operation["requestBody"]["content"] = {"application/xml": {"schema": {"type": "string"}}}
    operation["responses"]["201"]["content"] = {"application/unheard-of": {"schema": {"type": "string"}}}
    assert read_calls(document)["post", "/robots"].properties == {}


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("listBuilds", "list_builds"), ("Range", "range_"), ("from", "from_"), ("meta-data", "meta_data"), ("org", "org")],
)
def test_python_names(name, identifier):
    assert python_name(name) == identifier, failure(f"the Python name of {name}")
