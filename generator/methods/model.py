"""Methods of the resource classes, as the templates render them."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from ..buildkite import ORGANIZATION
from ..document import JSON, OperationNode, parameter_names
from ..openapi_python_client import python_name

Source: TypeAlias = Literal["path", "query", "header", "body"]
"""The part of a request that an argument is sent in."""

Returns: TypeAlias = Literal["json", "nothing", "headers", "text", "bytes", "stream"]

_RESULTS = {"nothing": "None", "headers": "Mapping[str, str]", "text": "str", "bytes": "bytes", "stream": "ByteStream"}


@frozen
class Argument:
    """One argument of a method."""

    name: str
    """Name on the wire; for a Rails array without its brackets."""
    source: Source
    annotation: str
    required: bool
    description: str
    deprecated: bool = False

    @property
    def python_name(self) -> str:
        """Name of the argument in Python."""
        return python_name(self.name)

    @property
    def accepted(self) -> str:
        """The type, with `None` for an optional query or header parameter, which is not sent then."""
        if self.required or self.source == "body" or self.annotation.endswith(" | None"):
            return self.annotation
        return f"{self.annotation} | None"

    @property
    def default(self) -> str:
        """The default of an optional argument. Only in bodies is `None` a value of its own."""
        return "UNSET" if self.source == "body" else "None"

    @property
    def parameter(self) -> str:
        """The parameter in the signature of the method."""
        if self.required:
            return f"{self.python_name}: {self.annotation}"
        unset = " | Unset" if self.source == "body" else ""
        return f"{self.python_name}: {self.accepted}{unset} = {self.default}"


@frozen
class Body:
    """The body of a request."""

    presence: Literal["none", "optional", "required"] = "none"
    media_type: str = ""
    arguments: Sequence[Argument] = ()


@frozen
class Response:
    """A success response in one media type."""

    accept: str
    returns: Returns
    annotation: str = ""
    """Type of the decoded body."""
    item: str = ""
    """Type of one item of a page, when the operation is paginated."""


@frozen
class Method:
    """A method of a resource class: an operation in one of its response media types."""

    operation: OperationNode
    name: str
    constant: str
    idempotent: bool
    parameters: Sequence[Argument]
    query_styles: dict[str, str]
    body: Body
    response: Response

    @property
    def title(self) -> str:
        """The method as documentation names it."""
        return f"{self.operation.node['tags'][0]}.{self.name}"

    @property
    def deprecation(self) -> str:
        """The warning about the method, or an empty string."""
        return f"`{self.title}` is deprecated." if self.operation.node.get("deprecated") else ""

    @property
    def deprecated_arguments(self) -> dict[str, tuple[str, str]]:
        """The default and the warning of each deprecated argument, by its Python name."""
        return {
            each.python_name: (each.default, f"The argument `{each.python_name}` of `{self.title}` is deprecated.")
            for each in self.arguments
            if each.deprecated
        }

    @property
    def arguments(self) -> list[Argument]:
        """All arguments, those of the body last."""
        return [*self.parameters, *self.body.arguments]

    @property
    def keyword(self) -> list[Argument]:
        """The arguments that are not part of the path, required ones first."""
        return sorted((a for a in self.arguments if a.source != "path"), key=lambda a: not a.required)

    @property
    def python_names(self) -> dict[str, str]:
        """Python names of the arguments that have another name on the wire."""
        return {each.name: each.python_name for each in self.arguments if each.name != each.python_name}

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the record of the operation that differ from their defaults, as Python."""
        node = self.operation.node
        files = [each.name for each in self.body.arguments if each.annotation == "FileContent"]
        statuses = tuple(map(int, self.operation.success_responses))
        fields = {
            "scopes": (tuple(node["x-scopes"]), ()),
            "needs_token": (self.operation.needs_token, True),
            "success": (statuses, (200,)),
            "pagination": (node["x-pagination"], "none"),
            "names": (self.python_names, {}),
            "query_styles": (self.query_styles, {}),
            "body": (self.body.presence, "none"),
            "body_media": (self.body.media_type, ""),
            "files": (tuple(files), ()),
            "accept": (self.response.accept, JSON),
            "returns": (self.response.returns, "json"),
        }
        written = {name: repr(value) for name, (value, default) in fields.items() if value != default}
        if self.response.annotation:
            written["result"] = f"lambda: {self.response.annotation}"
        return written

    @property
    def paginated(self) -> bool:
        """Whether the method returns a pager."""
        return self.response.item != ""

    @property
    def result(self) -> str:
        """Type that the caller gets; for a list, that of one item."""
        if self.response.returns == "json":
            return self.response.item if self.paginated else self.response.annotation
        return _RESULTS[self.response.returns]

    def sent_in(self, source: Source) -> list[Argument]:
        """Return the arguments that are sent in `source`."""
        return [argument for argument in self.arguments if argument.source == source]

    @property
    def first_argument(self) -> Argument:
        """The argument that is the organization, in a method of one."""
        return self.sent_in("path")[0]


@frozen
class Resource:
    """All methods under one tag."""

    tag: str
    description: str
    methods: Sequence[Method]

    @property
    def class_name(self) -> str:
        """The tag in `CapWords`."""
        return "".join(word.capitalize() for word in self.tag.split("_"))

    @property
    def organization_methods(self) -> list[Method]:
        """The methods whose first argument is the organization."""
        return [each for each in self.methods if parameter_names(each.operation.path)[:1] == [ORGANIZATION]]
