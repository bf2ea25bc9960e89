"""Check of what has several media types below a new object, such as the environments of the jobs of a build."""

from __future__ import annotations

from collections.abc import Iterator

from ..._base.json_values import as_object
from ..comparison import report_settled
from ..objects import PathValues, identifier_of
from ..page_items import items_of
from ..representations import TYPE_CHECK, TYPE_CODE, Representations
from ..spec import Operation
from .bench import Bench, Subject
from .bodies import values_of
from .kinds import Kind


def wants_forms(bench: Bench, kind: Kind) -> bool:
    """Return whether an operation with several media types below objects of a kind is to be tested."""
    return any(True for child in kind.children for _ in _operations(bench, child))


def check_forms(bench: Bench, subject: Subject) -> None:
    """Compare the media types of the first object below another one that has them."""
    for child in subject.kind.children:
        operations = [*_operations(bench, child)]
        for values in _objects(bench, subject, child) if operations else ():
            readable = [each for each in operations if bench.read(each, values).ok]
            for operation in readable:
                forms = Representations(bench.session, bench.spec, operation, values_of(operation, values))
                report_settled(bench.session, TYPE_CHECK, TYPE_CODE, forms.compare_types)
            if readable:
                break


def _operations(bench: Bench, child: Kind) -> Iterator[Operation]:
    """Yield the operations to test that read a part of an object in several media types."""
    known = {*child.path.split("/")}
    for each in bench.spec.operations:
        is_read = each.method == "GET" and len(each.media_types) > 1 and bench.wants(each)
        if is_read and f"{{{child.parameter}}}" in each.path and {f"{{{name}}}" for name in each.parameters} <= known:
            yield each


def _objects(bench: Bench, subject: Subject, child: Kind) -> Iterator[PathValues]:
    """Yield the objects of a list, those with the most properties first."""
    if child.list is None or not {*child.list.parameters} <= subject.values.keys():
        return
    response = bench.read(child.list, subject.values)
    for item in sorted(items_of(response.body) or (), key=lambda item: -len(as_object(item))):
        if (key := identifier_of(child.parameter, item)) is not None:
            yield {**subject.values, child.parameter: key}
