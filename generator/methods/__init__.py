"""Reads the operations with openapi-python-client and describes the methods that call them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import frozen
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.strings import PythonIdentifier

from ..bundle import OperationNode, operations
from ..document import resolve, schema_name
from ..errors import GenerationError, Problem
from .annotations import argument_type, result_type

TEMPLATES = Path(__file__).parent.parent / "templates"
_TAKEN = ("max_items", "operations")
"""Names that the template of a method uses itself."""

ORGANIZATION = "org"
"""The parameter of a path that names the organization."""

JSON = "application/json"
MULTIPART = "multipart/form-data"

_READ_AS = {"application/openapi+yaml": "text/plain"}
"""Media types that openapi-python-client does not know, and those that it reads in the same way."""

_IDEMPOTENT = {"get", "head", "put", "delete"}

Place: TypeAlias = Literal["path", "query", "header", "body"]
Returns: TypeAlias = Literal["json", "nothing", "headers", "text", "stream"]


@frozen
class Argument:
    """One argument of a method."""

    name: str
    """What it is called on the wire; a Rails array without its brackets."""
    python_name: str
    place: Place
    annotation: str
    required: bool
    description: str

    @property
    def accepted(self) -> str:
        """The type, with `None` for an optional query or header parameter, which means that it is not given."""
        if self.required or self.place == "body" or self.annotation.endswith(" | None"):
            return self.annotation
        return f"{self.annotation} | None"

    @property
    def parameter(self) -> str:
        """The parameter of the method. `None` is a value of its own in bodies only."""
        if self.required:
            return f"{self.python_name}: {self.annotation}"
        if self.place == "body":
            return f"{self.python_name}: {self.annotation} | Unset = UNSET"
        return f"{self.python_name}: {self.accepted} = None"


@frozen
class Call:
    """One method of a resource class: an operation in one of the media types that it can answer with."""

    operation_id: str
    constant: str
    method_name: str
    http_method: str
    path: str
    summary: str
    description: str
    docs_url: str | None
    scopes: Sequence[str]
    error_statuses: Sequence[str]
    success_statuses: Sequence[int]
    needs_token: bool
    idempotent: bool
    pagination: str
    arguments: Sequence[Argument]
    query_styles: dict[str, str]
    body: Literal["none", "optional", "required"]
    body_media: str
    body_type: str
    """The `TypedDict` of a JSON body, or nothing."""
    files: Sequence[str]
    accept: str
    returns: Returns
    result: str
    """The decoded body, as a type."""
    item: str
    """One item of a page, as a type, when the operation is paged."""

    def at(self, place: Place) -> list[Argument]:
        """Return the arguments that are sent in `place`."""
        return [argument for argument in self.arguments if argument.place == place]

    @property
    def parameters(self) -> list[Argument]:
        """The arguments that are not in the body."""
        return [argument for argument in self.arguments if argument.place != "body"]

    @property
    def names(self) -> dict[str, str]:
        """The names in Python of the arguments that have another name on the wire."""
        return {each.name: each.python_name for each in self.arguments if each.name != each.python_name}

    @property
    def positional(self) -> list[Argument]:
        """The arguments that are part of the path."""
        return self.at("path")

    @property
    def keyword(self) -> list[Argument]:
        """All other arguments, those that must be given first."""
        return sorted((a for a in self.arguments if a.place != "path"), key=lambda a: not a.required)


@frozen
class Resource:
    """All calls under one tag."""

    tag: str
    class_name: str
    description: str
    calls: Sequence[Call]

    @property
    def organization_calls(self) -> list[Call]:
        """The calls whose first argument is the organization."""
        return [call for call in self.calls if call.positional and call.positional[0].python_name == ORGANIZATION]


def parse(document: dict[str, Any]) -> tuple[Project, list[Resource]]:
    """Return openapi-python-client's project, whose environment renders the templates, and the calls by tag.

    Any warning of openapi-python-client raises `GenerationError`.
    """
    config = _config()
    data = GeneratorData.from_dict(_without_scalar_twins(document), config=config)
    if isinstance(data, GeneratorError):
        raise GenerationError([_problem(data)])
    collections = data.endpoint_collections_by_tag
    warnings = [*data.errors, *(error for each in collections.values() for error in each.parse_errors)]
    if warnings:
        raise GenerationError([_problem(warning) for warning in warnings])
    endpoints = {
        (str(endpoint.method), _shape(endpoint.path.get_untrusted_value())): endpoint
        for collection in collections.values()
        for endpoint in collection.endpoints
    }
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    resources = [
        Resource(
            tag=tag["name"],
            class_name="".join(word.capitalize() for word in tag["name"].split("_")),
            description=tag["description"],
            calls=[
                call
                for operation in operations(document)
                if operation.node["tags"] == [tag["name"]]
                for call in _calls(document, operation, endpoints[operation.method, _shape(operation.path)])
            ],
        )
        for tag in document["tags"]
    ]
    return project, [resource for resource in resources if resource.calls]


def _config() -> Config:
    return Config.from_sources(
        ConfigFile(post_hooks=[], literal_enums=True, content_type_overrides=_READ_AS),
        meta_type=MetaType.NONE,
        document_source=Path("openapi.yaml"),
        file_encoding="utf-8",
        overwrite=True,
        output_path=None,
    )


def _problem(error: GeneratorError) -> Problem:
    said = " ".join(filter(None, (error.header, error.detail)))
    return Problem("openapi-python-client", "generator-warning", " ".join(said.split()))


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _without_scalar_twins(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out `state` where there is `state[]`: both become one argument, which takes one value or several."""
    paths = {path: dict(item) for path, item in document["paths"].items()}
    for operation in operations(document):
        nodes = operation.node.get("parameters", [])
        names = {resolve(document, node)["name"] for node in nodes}
        kept = [node for node in nodes if f"{resolve(document, node)['name']}[]" not in names]
        paths[operation.path][operation.method] = {**operation.node, "parameters": kept}
    return {**document, "paths": paths}


def _calls(document: dict[str, Any], operation: OperationNode, endpoint: Endpoint) -> Iterator[Call]:
    """Yield the call of `operation`, and one more for each further media type that has a method of its own."""
    arguments, styles = _arguments(document, operation, endpoint)
    variants: list[dict[str, Any]] = operation.node.get("x-sdk-variants", [])
    special = {name for variant in variants for name in variant.get("headers", ())}
    yield _call(document, operation, [a for a in arguments if a.place != "header" or a.name not in special], styles)
    for variant in variants:
        wanted = set(variant.get("headers", ()))
        kept = [a for a in arguments if a.place != "header" or a.name not in special or a.name in wanted]
        yield _call(document, operation, kept, styles, variant)


def _call(
    document: dict[str, Any],
    operation: OperationNode,
    arguments: Sequence[Argument],
    styles: dict[str, str],
    variant: dict[str, Any] | None = None,
) -> Call:
    node = operation.node
    method_name = variant["method"] if variant else node["x-sdk-method"]
    success = {status: resolve(document, r) for status, r in node["responses"].items() if status[0] in "23"}
    body = node.get("requestBody")
    accept, returns, schema = _returns(operation, success)
    if variant:
        accept, returns, schema = variant["media-type"], variant["returns"], None
    suffix = f"_{accept.partition('/')[2]}".upper() if variant else ""
    return Call(
        operation_id=node["operationId"],
        constant=str(PythonIdentifier(node["operationId"], "")).upper() + suffix,
        method_name=method_name,
        http_method=operation.method.upper(),
        path=operation.path,
        summary=node["summary"],
        description=node["description"],
        docs_url=node.get("externalDocs", {}).get("url"),
        scopes=node["x-scopes"],
        error_statuses=[status for status in node["responses"] if status[0] in "45"],
        success_statuses=[int(status) for status in success],
        needs_token=operation.needs_token,
        idempotent=node.get("x-idempotent", operation.method in _IDEMPOTENT),
        pagination=node["x-pagination"],
        arguments=arguments,
        query_styles=styles,
        body="none" if body is None else "required" if body.get("required") else "optional",
        body_media=_body_media(body) if body else "",
        body_type=argument_type(body["content"][JSON]["schema"]) if body and _body_media(body) == JSON else "",
        files=[a.name for a in arguments if a.place == "body" and a.annotation == "FileContent"],
        accept=accept,
        returns=returns,
        result=result_type(schema) if schema else "",
        item=result_type(_item_schema(document, node["x-pagination"], schema)) if schema else "",
    )


def _returns(
    operation: OperationNode, success: dict[str, dict[str, Any]]
) -> tuple[str, Returns, dict[str, Any] | None]:
    """Return the media type to ask for, what the caller gets, and the schema of a JSON body."""
    if operation.method == "head":
        return JSON, "headers", None
    contents = [content for response in success.values() if (content := response.get("content"))]
    for content in contents:
        if JSON in content:
            return JSON, "json", content[JSON]["schema"]
    return (next(iter(contents[0])), "text", None) if contents else (JSON, "nothing", None)


def _item_schema(document: dict[str, Any], pagination: str, schema: dict[str, Any]) -> Any:
    if pagination == "link":
        return resolve(document, schema)["items"]
    if pagination == "cursor":
        return resolve(document, resolve(document, schema)["properties"]["items"])["items"]
    return {}


def _arguments(
    document: dict[str, Any], operation: OperationNode, endpoint: Endpoint
) -> tuple[list[Argument], dict[str, str]]:
    parameters = [resolve(document, node) for node in operation.node.get("parameters", ())]
    scalars = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    by_name = {(parameter["in"], parameter["name"]): parameter for parameter in parameters}
    arguments: list[Argument] = []
    styles: dict[str, str] = {}
    places: list[tuple[Place, Sequence[Any]]] = [
        ("path", endpoint.path_parameters),
        ("query", endpoint.query_parameters),
        ("header", endpoint.header_parameters),
    ]
    for place, properties in places:
        for prop in properties:
            parameter = by_name[place, _untrusted(prop.name)]
            name = parameter["name"].removesuffix("[]")
            schema = parameter["schema"]
            annotation = argument_type(schema)
            if parameter["name"].endswith("[]"):
                styles[name] = "scalar-or-array" if name in scalars else "array"
                items = resolve(document, schema).get("items")
                if items is None:
                    problem = f"{parameter['name']} must be an array, as the brackets of its name say"
                    raise GenerationError([Problem(" ".join(operation.pointer[1:]), "array-parameter", problem)])
                annotation = f"{argument_type(items)} | {annotation}"
            elif parameter.get("style") == "deepObject":
                styles[name] = "deepObject"
            arguments.append(
                Argument(
                    name=name,
                    python_name=str(PythonIdentifier(name, "")),
                    place=place,
                    annotation=annotation,
                    required=place == "path" or bool(parameter.get("required")),
                    description=" ".join(parameter["description"].split()),
                )
            )
    arguments += _body_arguments(document, operation)
    names = [*_TAKEN, *(argument.python_name for argument in arguments)]
    if twice := {name for name in names if names.count(name) > 1}:
        problem = f"two things in a method would be called {', '.join(sorted(twice))}"
        raise GenerationError([Problem(" ".join(operation.pointer[1:]), "argument-names", problem)])
    return arguments, styles


def _body_arguments(document: dict[str, Any], operation: OperationNode) -> Iterator[Argument]:
    """Yield an argument for each property of a JSON body."""
    body = operation.node.get("requestBody")
    if body is None:
        return
    where = " ".join(operation.pointer[1:])
    media = _body_media(body)
    if body.get("content", {}).keys() != {media} or media not in (JSON, MULTIPART):
        message = f"a body must be {JSON} or {MULTIPART}, and nothing else"
        raise GenerationError([Problem(where, "request-body", message)])
    schema = body["content"][media]["schema"]
    target = resolve(document, schema)
    if target.get("type") != "object" or "properties" not in target:
        name = schema_name(schema)
        raise GenerationError(
            [
                Problem(
                    where, "request-body", f"the body ({name or 'which has no name'}) must be an object with properties"
                )
            ]
        )
    for wire, value in target["properties"].items():
        described = resolve(document, value)
        yield Argument(
            name=wire,
            python_name=str(PythonIdentifier(wire, "")),
            place="body",
            annotation=argument_type(value),
            required=wire in target.get("required", ()),
            description=" ".join(described.get("description", "").split()),
        )


def _body_media(body: dict[str, Any]) -> str:
    """Return the media type of a body, of which there is one."""
    return next(iter(body.get("content", {})), "")


def _untrusted(value: Any) -> str:
    return value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else str(value)
