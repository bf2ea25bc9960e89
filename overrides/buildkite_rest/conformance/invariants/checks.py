"""All rules of a response, as a check of schemathesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final
from urllib.parse import urlsplit

from schemathesis import Case, CheckContext, Response

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..bodies import Passed, decoded
from ..loopback import is_local
from ..page_items import items_of
from ..response_times import server_time
from ..spec import ALL_PATHS
from .actors import actor_problems
from .configurations import configuration_problems
from .first_times import FirstTimes
from .formats import format_problems
from .identity import identity_problems, list_problems
from .implications import Implications
from .nodes import nodes
from .numbers import count_problems, number_problems
from .parallel_jobs import parallel_problems
from .repositories import repository_problems
from .requests import Request, Templates
from .schedules import schedule_problems
from .settled import Settled
from .states import state_problems
from .times import clock_problems, expiry_problems, time_problems
from .urls import url_problems

#: Violations to report of one response.
_MAX_PROBLEMS: Final = 10
_consistent: Final = Passed()
_first_times: Final = FirstTimes()
_templates: dict[int, tuple[object, Templates]] = {}
_of_schemas: dict[int, tuple[object, Implications, Settled]] = {}


def body_consistency(context: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """Check that the parts of a body agree with each other and with the request."""
    if not 200 <= response.status_code < 300 or case.method.lower() != case.operation.method:
        return True
    body = decoded(response.content)
    if not is_object(body) and not is_array(body):
        return True
    raw: Any = case.operation.schema.raw_schema
    url, template = str(response.request.url), case.operation.path
    templates = _templates_of(raw.get(ALL_PATHS, raw["paths"]))
    implications, settled = _rules_of(as_object(raw.get("components")).get("schemas"))
    time = server_time({"Date": ", ".join(response.headers.get("date") or ())})
    request = Request.of(case.method.upper(), url, template, templates, time)
    items = items_of(body)
    parts = [body] if items is None else items
    has_problems = any(list_problems(items or [])) or any(_page_problems(body, request))
    path = url.partition("?")[0]

    def changed(objects: Sequence[Any]) -> Iterator[str]:
        # A part of another object can be deleted and created again with the same id: a member of a team.
        if template.count("{") <= 1:
            yield from _first_times.problems((path, templates), objects)
        for node in nodes(objects):
            yield from settled.problems(urlsplit(url).netloc, node)

    if not has_problems and _consistent.all_pass(
        (case.operation.label, path, request.has_query, templates),
        parts,
        lambda new: not any(chain(problems(body if items is None else new, request, implications), changed(new))),
    ):
        return None
    found = chain(problems(body, request, implications), changed(parts))
    raise AssertionError("\n".join(islice(found, _MAX_PROBLEMS)))


def problems(body: object, request: Request, implications: Implications | None = None) -> Iterator[str]:
    """Yield the violations of all rules by a body."""
    if (items := items_of(body)) is not None:
        yield from list_problems(items)
        yield from _page_problems(body, request)
    for node in nodes(body):
        yield from url_problems(node, request)
        yield from identity_problems(node, request)
        yield from actor_problems(node)
        yield from time_problems(node)
        yield from schedule_problems(node, request.time)
        if request.time is not None:
            yield from clock_problems(node, request.time)
            if request.method == "POST":
                yield from expiry_problems(node, request.time)
        yield from state_problems(node)
        if is_local(request.origin):  # only examples show what YAML and URLs of repositories become
            yield from configuration_problems(node) if "configuration" in node.value else ()
            yield from repository_problems(node) if "provider" in node.value else ()
        yield from number_problems(node)
        if request.reads_object and not request.has_query:
            yield from count_problems(node)
        yield from format_problems(node)
        yield from implications.problems(node) if implications is not None else ()
        for name, value in node.value.items():
            if is_array(value):
                yield from list_problems(value, node.label(name))
            if name == "jobs" and is_array(value) and not request.has_query:
                yield from parallel_problems(value, node.label(name))


def _page_problems(body: object, request: Request) -> Iterator[str]:
    """Check the jobs of a build that are on one page, if no parameter leaves out any."""
    links = as_object(as_object(body).get("links"))
    if request.template.endswith("/jobs") and not request.has_query and not links.get("next"):
        yield from parallel_problems(as_array(as_object(body).get("items")))


def _rules_of(schemas: Any) -> tuple[Implications, Settled]:
    """Return the rules of the schemas of a document, which are kept like its templates."""
    if id(schemas) not in _of_schemas:
        known = as_object(schemas)
        _of_schemas[id(schemas)] = (schemas, Implications(known), Settled(known))
    return _of_schemas[id(schemas)][1:]


def _templates_of(paths: Any) -> Templates:
    """Return the templates of a document, which is kept so that its identity is not that of another one."""
    if id(paths) not in _templates:
        _templates[id(paths)] = (paths, Templates(paths))
    return _templates[id(paths)][1]
