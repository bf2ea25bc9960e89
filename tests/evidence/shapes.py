"""Matching of the operations of a source with those of the spec."""

from collections.abc import Collection

from generator.document import without_parameter_names
from tests.evidence.facts import Shape

_PARAMETER = "{}"


def shape_of(method: str, path: str) -> Shape:
    """Leave out the query, a trailing slash and the names of parameters."""
    plain = without_parameter_names(path.partition("?")[0]).rstrip("/")
    return method.upper(), plain or "/"


def parameter_name(name: str) -> str:
    """Return the name of a query parameter without the key of one of its entries: `filter` for `filter[state]`."""
    return name if name.endswith("[]") else name.partition("[")[0]


def matching(shape: Shape, spec: Collection[Shape]) -> list[Shape]:
    """Return the operations of the spec that `shape` names.

    An example may have a value where the spec has a parameter, and a client a variable where the spec has a word. The
    operations with the fewest such segments match.
    """
    if shape in spec:
        return [shape]
    method, path = shape
    segments = path.split("/")
    found: dict[int, list[Shape]] = {}
    for candidate in spec:
        others = candidate[1].split("/")
        if candidate[0] != method or len(others) != len(segments):
            continue
        different = [(one, other) for one, other in zip(segments, others, strict=True) if one != other]
        if all(_PARAMETER in pair for pair in different):
            found.setdefault(len(different), []).append(candidate)
    return found[min(found)] if found else []
