"""Rules of parameters that include or leave out properties: a flag of the query, or the version in a header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..api import Parameter
from ..behaviour import Part
from ..exchange import Exchange
from ..values import MISSING, get, key_of
from . import Context, rule

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@rule("filter_mismatch")
def parts(exchange: Exchange, context: Context) -> Iterator[str]:
    """No object has what a flag leaves out; from a version on, objects have the properties of that version."""
    request = exchange.request
    if not request.is_plain or request.sent_method != "GET":
        return
    for parameter in exchange.operation.query.values():
        is_on = str(request.query.get(parameter.name, "false")) == "true"
        for pointer, includes, is_partial in parts_of(parameter):
            if includes == is_on or is_partial:
                continue
            for each in exchange.objects:
                found = get(pointer, each)
                if found is not MISSING and (found is not None or not includes):
                    yield f"{parameter.name}={str(is_on).lower()}: {key_of(each)} has {pointer}"
                    break
    for parameter in exchange.operation.headers.values():
        if isinstance(parameter.behaviour.includes, Part) and parameter.behaviour.includes.since:
            yield from _version_problems(exchange, parameter.name, parameter.behaviour.includes)


def parts_of(parameter: Parameter) -> Iterator[tuple[str, bool, bool]]:
    """Yield what a flag includes or leaves out, whether it includes it, and whether a part of it may remain."""
    for declared, includes in ((parameter.behaviour.includes, True), (parameter.behaviour.excludes, False)):
        pointer = declared.property if isinstance(declared, Part) else declared
        if pointer:
            yield pointer, includes, isinstance(declared, Part) and declared.details


def _version_problems(exchange: Exchange, name: str, part: Part) -> Iterator[str]:
    version, names = exchange.request.headers.get(name, ""), {*part.properties}
    is_new = _DATE.fullmatch(version) is not None and version >= (part.since or "")
    for each in exchange.objects:
        if wrong := names - each.keys() if is_new else names & each.keys():
            yield f"{name}: {version or '(none)'}: {key_of(each)} {'lacks' if is_new else 'has'} {min(wrong)}"
            return
