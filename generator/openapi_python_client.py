"""Adapter for openapi-python-client, which parses the operations. No other module imports it.

openapi-python-client has no public Python API. tests/unit/generator/test_openapi_python_client.py checks each of the
internals that this module uses.
"""

import re
from pathlib import Path
from typing import Any

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import PythonIdentifier

from .document import operations, without_parameter_names
from .errors import GenerationError, Problem

_OBJECT = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>")
"""A value of the document that openapi-python-client does not unwrap in a message."""


def read_parameters(document: dict[str, Any]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return the parameters of each operation: the part of the request and the name, in the order of the arguments.

    The keys are the HTTP method and the path without the names of parameters.

    Raises:
        GenerationError: openapi-python-client reported an error or a warning.
    """
    data = GeneratorData.from_dict(_without_bodies(document), config=_config())
    if isinstance(data, GeneratorError):
        raise GenerationError([_problem(data)])
    collections = data.endpoint_collections_by_tag.values()
    if warnings := [*data.errors, *(error for each in collections for error in each.parse_errors)]:
        raise GenerationError([_problem(warning) for warning in warnings])
    return {
        (str(endpoint.method), without_parameter_names(endpoint.path.get_untrusted_value())): [
            (source, parameter.name.get_untrusted_value())
            for source, parameters in (
                ("path", endpoint.path_parameters),
                ("query", endpoint.query_parameters),
                ("header", endpoint.header_parameters),
            )
            for parameter in parameters
        ]
        for collection in collections
        for endpoint in collection.endpoints
    }


def python_name(name: str) -> str:
    """Return the Python name of an argument or an operation: `range_` for `Range`, `list_builds` for `listBuilds`."""
    return str(PythonIdentifier(name, ""))


def _without_bodies(document: dict[str, Any]) -> dict[str, Any]:
    """Copy `document` without bodies, which are read elsewhere: openapi-python-client knows few media types."""
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for operation in operations(document):
        node = {key: value for key, value in operation.node.items() if key != "requestBody"}
        paths[operation.path][operation.method] = {**node, "responses": {"204": {"description": ""}}}
    return {**document, "paths": paths}


def _problem(error: GeneratorError) -> Problem:
    text = _OBJECT.sub("…", " ".join(f"{error.header} {error.detail or ''}".split()))
    return Problem((), "generator-warning", f"openapi-python-client: {text}")


def _config() -> Config:
    return Config.from_sources(
        ConfigFile(post_hooks=[], literal_enums=True),
        meta_type=MetaType.NONE,
        document_source=Path("openapi.yaml"),
        file_encoding="utf-8",
        overwrite=True,
        output_path=None,
    )
