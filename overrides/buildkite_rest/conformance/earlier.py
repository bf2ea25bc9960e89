"""An earlier report in JSON: its failed operations, and the results of an interrupted run to complete."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec
from attrs import field, frozen

from .input_files import InputFileError, read_file
from .options import Options
from .results import CheckFailure, Results, Skip, Undescribed
from .spec import CannotRunError, Spec

#: Options that a run must share with the one that it completes, with the names of their values in messages.
_SHARED: Final = ("write", "organization", "phases", "max_examples", "include_tag", "include_operation", "other_tokens")
#: Bytes of a report.
_MAX_REPORT: Final = 1 << 28


_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


@frozen
class _Operation:
    method: str
    path: str
    id: str
    requests: _Count
    statuses: dict[int, _Count]
    seconds: _Seconds
    failures: list[CheckFailure]
    errors: list[str]


class _Pair(msgspec.Struct, rename={"source": "from", "target": "to"}):
    source: str
    target: str
    followed: _Count


@frozen
class _Links:
    pairs: list[_Pair]


@frozen
class EarlierReport:
    """The parts of a report that another run uses."""

    server: str
    spec: str
    seed: int
    write: bool
    organization: str | None
    phases: tuple[str, ...]
    max_examples: int
    include_tag: tuple[str, ...]
    include_operation: tuple[str, ...]
    other_tokens: tuple[str, ...]
    seconds: _Seconds
    waited: _Seconds
    sent: _Count
    errors: list[str]
    links: _Links
    compared: dict[str, _Count]
    skipped: list[Skip]
    chains: list[tuple[str, ...]]
    operations: list[_Operation]
    completed: dict[str, set[str]] = field(factory=dict[str, set[str]])
    unfinished: dict[str, _Count] = field(factory=dict[str, int])
    undescribed: list[Undescribed] = field(factory=list[Undescribed])

    @classmethod
    def read(cls, option: str, path: Path) -> EarlierReport:
        """Read a report.

        Raises:
            CannotRunError: The file is not a report.
        """
        try:
            return msgspec.json.decode(read_file(path, limit=_MAX_REPORT), type=cls)
        except InputFileError as error:
            raise CannotRunError(f"{option}: {path} {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise CannotRunError(f"{option}: {path} is not a report of --json.") from None

    @property
    def failed(self) -> frozenset[str]:
        """Ids of the operations with failures or errors."""
        return frozenset(each.id for each in self.operations if each.failures or each.errors)

    def check_same(self, option: str, path: Path, options: Options, spec: Spec) -> None:
        """Check that the report is about the server and the spec of a run.

        Raises:
            CannotRunError: It is not.
        """
        if self.server != options.base_url:
            raise CannotRunError(f"{option}: {path} is a report about another server, {self.server!r:.100}.")
        if self.spec != spec.version:
            raise CannotRunError(f"{option}: {path} is a report about version {self.spec!r:.20} of the spec.")

    def check_options(self, option: str, path: Path, options: Options) -> None:
        """Check that the report was made with the options of a run.

        Raises:
            CannotRunError: It was not.
        """
        for name in _SHARED:
            if getattr(self, name) != getattr(options, name):
                flag = "other tokens" if name == "other_tokens" else f"another --{name.replace('_', '-')}"
                raise CannotRunError(f"{option}: {path} was made with {flag}. Repeat the options of that run.")
        if self.seed != options.seed:
            raise CannotRunError(f"{option}: {path} was made with --seed {self.seed}. Repeat it, or leave it out.")

    def add_to(self, results: Results) -> None:
        """Add the results of the report."""
        for each in self.operations:
            outcome = results.outcomes.get(f"{each.method} {each.path}")
            if outcome is None:
                continue
            outcome.requests += each.requests
            outcome.seconds += each.seconds
            outcome.statuses.update(each.statuses)
            outcome.failures += each.failures
            outcome.errors += each.errors
        for pair in self.links.pairs:
            results.links[pair.source, pair.target] += pair.followed
        results.chains.update({chain[0]: chain for chain in self.chains if chain})
        results.compared.update(Counter(self.compared) - Counter(self.unfinished))
        results.skipped += self.skipped
        results.seconds += self.seconds
        results.waited += self.waited
        results.sent += self.sent
        results.undescribed += self.undescribed
        results.errors += [each for each in self.errors if not self._is_repeated(each)]
        for phase, ids in self.completed.items():
            results.completed[phase] = set(ids)

    def _is_repeated(self, error: str) -> bool:
        """Return whether an error ended a phase that the run to complete has not finished."""
        phase = error.partition(":")[0]
        ids = {each.id for each in self.operations}
        return phase in self.phases and not ids <= self.completed.get(phase, set())
