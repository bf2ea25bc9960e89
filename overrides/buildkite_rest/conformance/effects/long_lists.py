"""Check the sizes of pages in lists that few requests make longer than a page, such as parallel jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..._base.json_values import as_array, as_object
from ..list_rules import size_problems
from ..loopback import is_local
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .checks import LIST

#: Parallel jobs: one more than the largest page has.
_JOBS: Final = 101
_CONFIGURATION: Final = f'steps:\n  - command: "true"\n    parallelism: {_JOBS}\n'
_LARGEST: Final = 100


def check_long_parts(bench: Bench, subject: Subject) -> None:
    """Create an object with more parts than the largest page has: a pipeline with a build of parallel jobs."""
    create = subject.kind.create
    if create is None or "configuration" not in create.body_properties or not create.body_examples:
        return
    for kind, part in ((child, part) for child in subject.kind.children for part in child.children):
        is_of_jobs = part.list is not None and part.list.path.endswith("/jobs")
        if kind.create is None or part.list is None or not (is_of_jobs and _is_possible(bench, kind.create, part.list)):
            continue
        body = bench.bodies.body(create, create.body_examples[0], 0, subject.values)
        response = bench.send(create, subject.values, {**body, "configuration": _CONFIGURATION})
        made = bench.created_again(subject, response) if response.ok else None
        whole = None if made is None else bench.create(kind, made.values, 0)
        if (
            whole is not None
            and whole.created is not None
            and len(as_array(as_object(whole.body).get("jobs"))) == _JOBS
        ):
            sizes = [(None, _default_size(bench, part.list)), (_LARGEST, _LARGEST)]
            _check_sizes(bench, part.list, whole, sizes, whole.created)


def _is_possible(bench: Bench, create: Operation, listing: Operation) -> bool:
    is_small = is_local(bench.session.options.base_url) and bool(create.body_examples)
    return is_small and bench.wants(create, listing) and _default_size(bench, listing) > 0


def _default_size(bench: Bench, listing: Operation) -> int:
    """Return the documented size of a page without `per_page`, or 0."""
    node = as_object(bench.spec.query_parameters(listing).get("per_page"))
    default = as_object(node.get("x-page-size")).get("default")
    return default if isinstance(default, int) else 0


def _check_sizes(
    bench: Bench, listing: Operation, subject: Subject, sizes: Iterable[tuple[int | None, int]], cause: Response
) -> None:
    """Read the first page in several sizes, or without one."""
    for size, expected in sizes:
        query = None if size is None else {"per_page": size}
        page = bench.send(listing, subject.values, query=query)
        bench.report(LIST, size_problems(page, size, expected), page, cause)
