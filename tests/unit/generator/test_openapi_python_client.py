"""The adapter of openapi-python-client: names, and what it does not understand."""

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.methods.arguments import drop_scalar_variants
from generator.openapi_python_client import _problem, python_name, read_calls
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.schema.untrusted_string import UntrustedString
from tests.unit.generator.spec_fixture import SPEC


def test_what_is_not_understood_is_a_warning():
    document = drop_scalar_variants(read_bundle(SPEC).document)
    parameter = {"name": "part", "in": "query", "schema": {"type": "integer", "default": "left"}}
    document["paths"]["/robots/{id}"]["get"]["parameters"].append(parameter)
    with pytest.raises(GenerationError, match=r"/robots/\{id\}.*\[generator-warning\]"):
        read_calls(document)


def test_a_warning_has_no_addresses():
    error = GeneratorError(detail=f"Cannot parse {UntrustedString('a')} and {UntrustedString('b')}", header="In x:")
    assert _problem(error).message == "openapi-python-client: In x: Cannot parse … and …"


@pytest.mark.parametrize(("name", "identifier"), [("listBuilds", "list_builds"), ("Range", "range_"), ("org", "org")])
def test_python_names(name, identifier):
    assert python_name(name) == identifier
