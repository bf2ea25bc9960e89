"""Run the conformance runner against planted bugs, several at a time."""

from __future__ import annotations

import importlib
import io
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import Final

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.conformance.planted.mutant import Mutant, Mutants, adapted, unchanged
from tests.conformance.runner_support import TOKEN, mock_with, run_each

from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.spec import Spec
from buildkite_rest.mock import seeded_backend
from buildkite_rest.mock.resources.access_tokens import (
    EXPIRED_TOKEN,
    GLOBEX_TOKEN,
    JWT_TOKEN_UUID,
    LIMITED_TOKENS,
    NO_SCOPES_TOKEN,
    READ_ONLY_TOKEN,
    REVOCABLE_TOKEN,
)

#: The other tokens of the documented command.
OTHER_TOKENS: Final = (
    *("--no-scope-token", NO_SCOPES_TOKEN, "--expired-token", EXPIRED_TOKEN, "--foreign-token", GLOBEX_TOKEN),
    *("--revocable-token", REVOCABLE_TOKEN),
    *(word for token in (READ_ONLY_TOKEN, *LIMITED_TOKENS) for word in ("--limited-token", token)),
)


#: Prefix of the name of a mutant to run without its bug.
CONTROL: Final = "control:"


@frozen
class Result:
    """The result of a run against a mutant."""

    mutant: Mutant
    status: int
    failures: tuple[tuple[str, str], ...]
    """Operations, and the checks that failed."""
    seconds: float
    out: str

    @property
    def is_found(self) -> bool:
        """Whether the run failed."""
        return self.status == 1

    @property
    def is_named(self) -> bool:
        """Whether a failure names one of the operations of the mutant."""
        return any(operation in self.mutant.operations for operation, _ in self.failures)


def load(name: str) -> Mutants:
    """Return a set of mutants, such as `first_set`."""
    mutants: Mutants = importlib.import_module(f"tests.conformance.planted.{name}").MUTANTS
    return mutants


def controls(set_name: str) -> list[str]:
    """Return names of runs against the unchanged server: one per group of resources in the set."""
    groups = {tuple(_tags(mutant)): f"{CONTROL}{name}" for name, mutant in load(set_name).items()}
    return list(groups.values())


def run_all(set_name: str, names: Iterable[str], *, whole: bool = False) -> Iterator[Result]:
    """Run mutants in one process per processor, and yield the results in the same order."""
    mutants, names = load(set_name), list(names)
    runs = run_each(partial(run, set_name, whole=whole), names)
    for name, (status, failures, seconds, out) in zip(names, runs, strict=True):
        yield Result(mutants[name.removeprefix(CONTROL)], status, failures, seconds, out)


def run(set_name: str, name: str, *, whole: bool) -> tuple[int, tuple[tuple[str, str], ...], float, str]:
    """Run the documented command against one mutant, for the resources of its operations or for the whole API."""
    mutant, started, out = load(set_name)[name.removeprefix(CONTROL)], time.monotonic(), io.StringIO()
    backend = seeded_backend(1, builds=60)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(out), redirect_stderr(out):
        report = Path(folder, "report.json")
        options = ["--seed", "1", "--write", "--write-existing", "all", *OTHER_TOKENS, "--json", str(report)]
        options += ["--journal", str(Path(folder, "journal.jsonl"))]
        options += [] if whole else [word for tag in _tags(mutant) for word in ("--include-tag", tag)]
        if mutant.signed:
            public, private = _key()
            backend.register_public_key(JWT_TOKEN_UUID, public)
            Path(folder, "key.pem").write_text(private)
            options += ["--jwt-token-uuid", JWT_TOKEN_UUID, "--jwt-private-key", str(Path(folder, "key.pem"))]
        else:
            options += ["--token", TOKEN]
        bug = unchanged if name.startswith(CONTROL) else mutant.bug
        with mock_with(adapted(bug, kind=mutant.kind), backend) as url:
            status = main(["--base-url", url, *options])
        found = json.loads(report.read_text()) if report.exists() else {"operations": []}
    failures = tuple((each["id"], failure["check"]) for each in found["operations"] for failure in each["failures"])
    return status, failures, time.monotonic() - started, out.getvalue()


def _tags(mutant: Mutant) -> list[str]:
    operations = {operation.id: operation.tag for operation in _spec().operations}
    return sorted({operations[name] for name in mutant.operations})


@cache
def _spec() -> Spec:
    return Spec.load(None)


@cache
def _key() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return public.decode(), private.decode()
