"""Run the conformance runner against the bugs of the table.

usage: python -m tests.conformance.bugs.run [TEXT]

Bugs on different operations share a run. One that such a run does not find has a run of its own, because another bug
may have hidden it. TEXT selects bugs by their names.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Final

from attrs import frozen
from tests.conformance.bugs import all_bugs
from tests.conformance.bugs.table import Bug
from tests.conformance.runner_support import TOKEN, mock_with, run_each

from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.cli import main
from buildkite_rest.mock import seeded_backend
from buildkite_rest.mock.resources import access_tokens as tokens

#: The other tokens of the documented command.
OTHER_TOKENS: Final = (
    *("--no-scope-token", tokens.NO_SCOPES_TOKEN, "--expired-token", tokens.EXPIRED_TOKEN),
    *("--foreign-token", tokens.GLOBEX_TOKEN, "--revocable-token", tokens.REVOCABLE_TOKEN),
    *(word for each in (tokens.READ_ONLY_TOKEN, *tokens.LIMITED_TOKENS) for word in ("--limited-token", each)),
)
#: Bugs that share a run, and those of them on one resource.
_SHARED: Final = 12
_PER_TAG: Final = 3
_LIMITS: Final = "rate_limit_conformance"


@frozen
class Found:
    """What a run has found of a bug."""

    bug: Bug
    first: str = ""
    """The first failure of its operations or, in a run of its own, of any: operation, check and message."""
    is_named: bool = False
    """Whether the first failure is that of an operation of the bug."""

    @property
    def is_found(self) -> bool:
        """Whether there is a failure."""
        return bool(self.first)


def find(bugs: Sequence[Bug]) -> list[Found]:
    """Run the runner against bugs, and return what it has found of each."""
    groups = [*_groups(bugs)]
    results = {name: found for result in run_each(_run, groups) for name, found in result.items()}
    alone = [(each.name,) for each in bugs if not results[each.name][0]]
    results |= {name: found for result in run_each(_run, alone) for name, found in result.items()}
    return [Found(each, *results[each.name]) for each in bugs]


def _groups(bugs: Sequence[Bug]) -> Iterator[tuple[str, ...]]:
    """Yield the names of bugs that can share a run: those of other operations, few of a resource."""
    waiting = [each for each in bugs if each.at]
    yield from ((each.name,) for each in bugs if each not in waiting)
    while waiting:
        group: list[Bug] = []
        used, tags = set[str](), Counter[str]()
        for each in waiting:
            own = {*each.at, *each.memory}
            if len(group) < _SHARED and not own & used and all(tags[tag] < _PER_TAG for tag in _tags([each])):
                group.append(each)
                used |= own
                tags.update(_tags([each]))
        waiting = [each for each in waiting if each not in group]
        yield tuple(each.name for each in group)


def _run(names: Sequence[str]) -> Mapping[str, tuple[str, bool]]:
    """Run the documented command against bugs, for the resources of their operations."""
    bugs = [each for each in all_bugs() if each.name in names]
    backend = seeded_backend(1, builds=60)
    with (
        tempfile.TemporaryDirectory() as folder,
        chdir(folder),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
    ):
        report = Path(folder, "report.json")
        options = ["--seed", "1", "--write", "--write-existing", "all", *OTHER_TOKENS, "--json", str(report)]
        options += [word for tag in _tags(bugs) for word in ("--include-tag", tag)]
        with mock_with(bugs, backend) as url:
            main(["--base-url", url, "--token", TOKEN, *options])
        found = json.loads(report.read_text())["operations"] if report.exists() else []
    failures = [(each["id"], failure["check"], failure["message"]) for each in found for failure in each["failures"]]
    return {each.name: _of(each, failures, is_alone=len(bugs) == 1) for each in bugs}


def _of(bug: Bug, failures: Iterable[tuple[str, str, str]], *, is_alone: bool) -> tuple[str, bool]:
    # One bug of a limit shows in the responses of other operations too.
    is_of_limit = bug.kind == "headers"
    shared = [each for each in failures if each[0] in bug.at and (is_of_limit or each[1] != _LIMITS)]
    own = [*failures] if is_alone else shared
    return (": ".join(own[0]), own[0][0] in bug.at or not bug.at) if own else ("", False)


def _tags(bugs: Iterable[Bug]) -> list[str]:
    """Return the resources of bugs, also those that they remember. One on all operations is looked for in a few."""
    found = {_api().by_id[name].tag for each in bugs for name in (*each.at, *each.memory)}
    return sorted(found or {"organizations", "teams", "user"})


@cache
def _api() -> Api:
    return Api.load()


def _main(text: str) -> None:
    results = find([each for each in all_bugs() if text in each.name])
    for each in results:
        print("found " if each.is_found else "MISSED", each.bug.kind, each.bug.name, each.first[:120], sep=" | ")
    found = [each for each in results if each.is_found]
    named = sum(each.is_named for each in found)
    print(f"{len(found)} of {len(results)} found; the first failure names the operation of {named}")


if __name__ == "__main__":
    _main(" ".join(sys.argv[1:]))
