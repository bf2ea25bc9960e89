"""Changes of types: which ones narrow what is accepted or widen what is returned."""

import ast
import re
from collections.abc import Iterator

from tests.packaging.changes import Change, Severity

_CONTAINER = re.compile(r"(\w+)\[(.*?)(?:, \.\.\.)?\]")
_WIDER = {
    "bool": {"int", "float"},
    "int": {"float"},
    "list": {"MutableSequence", "Sequence", "Collection", "Iterable"},
    "tuple": {"Sequence", "Collection", "Iterable"},
    "Sequence": {"Collection", "Iterable"},
    "dict": {"MutableMapping", "Mapping"},
    "MutableMapping": {"Mapping"},
    "Iterator": {"Iterable"},
}
"""The types that accept the values of a type. The types of the items are the same."""
_ANY = {"Any", "object"}


def type_changes(subject: str, base: str, revision: str, *, is_sent: bool) -> Iterator[Change]:
    """Yield the change of a type. What is sent may accept more types, and what is received may have fewer."""
    old, new = _parts(base), _parts(revision)
    if old != new:
        wider, narrower = (new, old) if is_sent else (old, new)
        is_breaking = not all(_accepts(wider, part) for part in narrower)
        severity = Severity.BREAKING if is_breaking else Severity.MINOR
        yield Change("Changed", severity, f"the type of {subject} is `{revision}` instead of `{base}`")


def alias_changes(subject: str, base: str, revision: str, *, is_received: bool) -> Iterator[Change]:
    """Yield the members that a union or `Literal` has gained or lost. Readers of responses do not rely on them."""
    old, new = _parts(base), _parts(revision)
    for member in new - old:
        yield Change("Added", Severity.MINOR, f"`{member}` in {subject}")
    for member in old - new:
        severity = Severity.MINOR if is_received else Severity.BREAKING
        yield Change("Removed", severity, f"`{member}` in {subject}")


def _accepts(parts: set[str], part: str) -> bool:
    """Whether a member of a union belongs to a type with the members `parts`."""
    if part in parts or (part != "NotRequired" and parts & _ANY):
        return True
    if part[:1] in ("'", '"'):
        return "str" in parts
    container = _CONTAINER.fullmatch(part)
    name, items = container.groups() if container else (part, "")
    return any((f"{wider}[{items}]" if container else wider) in parts for wider in _WIDER.get(name, ()))


def _parts(annotation: str) -> set[str]:
    """Return the members of a union or of a `Literal`."""
    parts, queue = set[str](), [ast.parse(annotation, mode="eval").body]
    while queue:
        match queue.pop():
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                queue += [left, right]
            case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Tuple(elts=members)):
                parts |= {ast.unparse(member) for member in members}
            case ast.Subscript(value=ast.Name(id="Literal"), slice=member):
                parts.add(ast.unparse(member))
            case ast.Subscript(value=ast.Name(id="NotRequired"), slice=member):
                queue.append(member)
                parts.add("NotRequired")
            case ast.Constant(value=str(text)):
                queue.append(ast.parse(text, mode="eval").body)
            case part:
                parts.add(ast.unparse(part))
    return parts
