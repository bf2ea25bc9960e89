"""Adapter for openapi-python-client, which parses the operations. No other module imports it.

openapi-python-client has no public Python API. tests/unit/generator/test_openapi_python_client.py checks each of the
internals that this module uses.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.strings import PythonIdentifier

from .document import walk, without_parameter_names
from .errors import GenerationError, Problem

_KNOWN_MEDIA = ("application/json", "multipart/form-data", "text/")
_OBJECT = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>")
"""A value of the document that openapi-python-client does not unwrap in a message."""


@frozen
class Call:
    """What openapi-python-client has read of an operation, in the order of the arguments."""

    parameters: Sequence[tuple[str, str]]
    """The part of the request and the name of each parameter."""
    properties: Mapping[str, bool]
    """Whether each property of the body is required."""


def read_calls(document: dict[str, Any]) -> dict[tuple[str, str], Call]:
    """Return the calls by the HTTP method and the path without the names of parameters.

    Raises:
        GenerationError: openapi-python-client reported an error or a warning.
    """
    data = GeneratorData.from_dict(document, config=_config(document))
    if isinstance(data, GeneratorError):
        raise GenerationError([_problem(data)])
    collections = data.endpoint_collections_by_tag.values()
    if warnings := [*data.errors, *(error for each in collections for error in each.parse_errors)]:
        raise GenerationError([_problem(warning) for warning in warnings])
    return {
        (str(endpoint.method), without_parameter_names(endpoint.path.get_untrusted_value())): Call(
            [
                (source, parameter.name.get_untrusted_value())
                for source, parameters in (
                    ("path", endpoint.path_parameters),
                    ("query", endpoint.query_parameters),
                    ("header", endpoint.header_parameters),
                )
                for parameter in parameters
            ],
            _properties(endpoint),
        )
        for collection in collections
        for endpoint in collection.endpoints
    }


def _properties(endpoint: Endpoint) -> dict[str, bool]:
    body = endpoint.bodies[0].prop if endpoint.bodies else None
    if not isinstance(body, ModelProperty):
        return {}
    properties = (*(body.required_properties or ()), *(body.optional_properties or ()))
    return {each.name.get_untrusted_value(): each.required for each in properties}


def python_name(name: str) -> str:
    """Return the Python name of an argument or an operation: `range_` for `Range`, `list_builds` for `listBuilds`."""
    return str(PythonIdentifier(name, ""))


def _problem(error: GeneratorError) -> Problem:
    text = _OBJECT.sub("…", " ".join(f"{error.header} {error.detail or ''}".split()))
    return Problem((), "generator-warning", f"openapi-python-client: {text}")


def _config(document: dict[str, Any]) -> Config:
    # It knows few media types.
    media = [name for pointer, node in walk(document) if pointer[-1:] == ("content",) for name in node]
    others = {name: "application/octet-stream" for name in media if not name.startswith(_KNOWN_MEDIA)}
    return Config.from_sources(
        ConfigFile(post_hooks=[], literal_enums=True, content_type_overrides=others),
        meta_type=MetaType.NONE,
        document_source=Path("openapi.yaml"),
        file_encoding="utf-8",
        overwrite=True,
        output_path=None,
    )
