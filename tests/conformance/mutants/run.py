"""Run the conformance runner against mutants, several at a time."""

import io
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.conformance.mutants.access import ACCESS_MUTANTS
from tests.conformance.mutants.actions import ACTION_MUTANTS
from tests.conformance.mutants.actors import ACTORS
from tests.conformance.mutants.agreement import AGREEMENT_MUTANTS
from tests.conformance.mutants.below import BELOW
from tests.conformance.mutants.bodies import BODIES_MUTANTS
from tests.conformance.mutants.body_values import BODY_VALUES
from tests.conformance.mutants.conditional_effects import CONDITIONAL_EFFECTS
from tests.conformance.mutants.conditions import CONDITIONS
from tests.conformance.mutants.consistency import CONSISTENCY_MUTANTS
from tests.conformance.mutants.contents import CONTENTS
from tests.conformance.mutants.copied_values import COPIED_VALUES
from tests.conformance.mutants.credentials import CREDENTIALS
from tests.conformance.mutants.dependents import DEPENDENTS
from tests.conformance.mutants.derived_values import DERIVED_VALUES
from tests.conformance.mutants.details import DETAILS_MUTANTS
from tests.conformance.mutants.documented import DOCUMENTED_MUTANTS
from tests.conformance.mutants.documented_builds import DOCUMENTED_BUILDS
from tests.conformance.mutants.documented_clusters import DOCUMENTED_CLUSTERS
from tests.conformance.mutants.documented_conditions import DOCUMENTED_CONDITIONS
from tests.conformance.mutants.documented_jobs import DOCUMENTED_JOBS
from tests.conformance.mutants.effects import EFFECTS_MUTANTS
from tests.conformance.mutants.errors import ERRORS
from tests.conformance.mutants.exact_values import EXACT_VALUES
from tests.conformance.mutants.filters import FILTERS_MUTANTS
from tests.conformance.mutants.headers import HEADERS
from tests.conformance.mutants.implied import IMPLIED
from tests.conformance.mutants.initial_values import INITIAL_VALUES
from tests.conformance.mutants.invalid_references import INVALID_REFERENCES
from tests.conformance.mutants.kinds import NEVER, Mutant
from tests.conformance.mutants.left_behind import LEFT_BEHIND
from tests.conformance.mutants.left_references import LEFT_REFERENCES
from tests.conformance.mutants.lists import LISTS_MUTANTS
from tests.conformance.mutants.negotiation import NEGOTIATION
from tests.conformance.mutants.other_organizations import OTHER_ORGANIZATIONS
from tests.conformance.mutants.parameters import PARAMETERS
from tests.conformance.mutants.partial_values import PARTIAL_VALUES
from tests.conformance.mutants.parts import PARTS
from tests.conformance.mutants.plausible_values import PLAUSIBLE_VALUES
from tests.conformance.mutants.prerequisites import PREREQUISITES
from tests.conformance.mutants.related_objects import RELATED_OBJECTS
from tests.conformance.mutants.repetitions import REPETITIONS
from tests.conformance.mutants.request_forms import REQUEST_FORMS
from tests.conformance.mutants.responses import RESPONSES
from tests.conformance.mutants.second_states import SECOND_STATES
from tests.conformance.mutants.sentences import SENTENCES
from tests.conformance.mutants.sequences import SEQUENCES
from tests.conformance.mutants.specs import SPECS
from tests.conformance.mutants.stale_filters import STALE_FILTERS
from tests.conformance.mutants.state import STATE
from tests.conformance.mutants.statuses import STATUSES_MUTANTS
from tests.conformance.mutants.surroundings import SURROUNDINGS
from tests.conformance.mutants.test_engine import TEST_ENGINE_MUTANTS
from tests.conformance.mutants.uniqueness import UNIQUENESS
from tests.conformance.mutants.unlisted_properties import UNLISTED_PROPERTIES
from tests.conformance.mutants.unusual_requests import UNUSUAL_REQUESTS
from tests.conformance.mutants.upserts import UPSERTS
from tests.conformance.mutants.valid_bodies import VALID_BODIES
from tests.conformance.mutants.value_forms import VALUE_FORMS
from tests.conformance.mutants.versions import VERSIONS_MUTANTS
from tests.conformance.runner_support import TOKEN, change, mock_with, run_each

from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.spec import Spec
from buildkite_rest.mock import ManualClock, seeded_backend
from buildkite_rest.mock.resources.access_tokens import (
    EXPIRED_TOKEN,
    GLOBEX_TOKEN,
    JWT_TOKEN_UUID,
    LIMITED_TOKENS,
    NO_SCOPES_TOKEN,
    READ_ONLY_TOKEN,
    REVOCABLE_TOKEN,
)

SERVERS = {
    **RESPONSES,
    **BODIES_MUTANTS,
    **CONSISTENCY_MUTANTS,
    **CONDITIONAL_EFFECTS,
    **LISTS_MUTANTS,
    **FILTERS_MUTANTS,
    **VERSIONS_MUTANTS,
    **TEST_ENGINE_MUTANTS,
    **AGREEMENT_MUTANTS,
    **STALE_FILTERS,
    **STATE,
    **EFFECTS_MUTANTS,
    **ACTION_MUTANTS,
    **DETAILS_MUTANTS,
    **DOCUMENTED_MUTANTS,
    **DOCUMENTED_BUILDS,
    **DOCUMENTED_CLUSTERS,
    **DOCUMENTED_JOBS,
    **ACCESS_MUTANTS,
    **CREDENTIALS,
    **HEADERS,
    **ERRORS,
    **STATUSES_MUTANTS,
    **PREREQUISITES,
    **DERIVED_VALUES,
    **UPSERTS,
    **VALID_BODIES,
    **IMPLIED,
    **PARTS,
    **SENTENCES,
    **LEFT_BEHIND,
    **LEFT_REFERENCES,
    **SECOND_STATES,
    **SEQUENCES,
    **RELATED_OBJECTS,
    **REQUEST_FORMS,
    **REPETITIONS,
    **SURROUNDINGS,
    **UNUSUAL_REQUESTS,
    **CONTENTS,
    **NEGOTIATION,
    **VALUE_FORMS,
    **ACTORS,
    **BODY_VALUES,
    **INVALID_REFERENCES,
    **PLAUSIBLE_VALUES,
    **DOCUMENTED_CONDITIONS,
    **PARTIAL_VALUES,
    **PARAMETERS,
    **DEPENDENTS,
    **EXACT_VALUES,
    **INITIAL_VALUES,
    **OTHER_ORGANIZATIONS,
    **UNIQUENESS,
    **UNLISTED_PROPERTIES,
    **BELOW,
    **CONDITIONS,
    **COPIED_VALUES,
}
OTHER_TOKENS = (
    *("--no-scope-token", NO_SCOPES_TOKEN, "--expired-token", EXPIRED_TOKEN, "--foreign-token", GLOBEX_TOKEN),
    *(word for token in (READ_ONLY_TOKEN, *LIMITED_TOKENS) for word in ("--limited-token", token)),
)
MUTANTS = {
    **{f"server: {name}": each for name, each in SERVERS.items()},
    **{f"spec: {name}": each for name, each in SPECS.items()},
}


@frozen
class Found:
    """The result of a run against a mutant."""

    name: str
    checks: frozenset[tuple[str, str]]
    """Operations, and the checks that failed."""
    status: int
    seconds: float
    out: str

    @property
    def mutant(self) -> Mutant:
        return MUTANTS[self.name]

    @property
    def is_right(self) -> bool:
        """Whether the expected check found the bug, or none an undetectable one."""
        if self.mutant.check is None:
            return self.status == 0
        return (
            self.status in ({1, 3} if self.mutant.check == NEVER else {1})
            and (self.mutant.operation, self.mutant.check) in self.checks
        )


def run_all(names: Iterable[str] = MUTANTS) -> Iterator[Found]:
    """Run mutants in one process per processor, and yield the results in the same order."""
    return run_each(run, names)


def run(name: str) -> Found:
    """Run one mutant in this process."""
    mutant, started = MUTANTS[name], time.monotonic()
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(out), redirect_stderr(out):
        status, checks = _run(mutant, Path(folder))
    return Found(name, checks, status, time.monotonic() - started, out.getvalue())


def _run(mutant: Mutant, folder: Path) -> tuple[int, frozenset[tuple[str, str]]]:
    world = seeded_backend(1, builds=60, clock=ManualClock(1_772_445_600) if mutant.recent else time.time)
    report = folder / "report.json"
    ids = dict.fromkeys((mutant.operation, *mutant.include))
    options = ["--seed", "1", *OTHER_TOKENS, "--json", str(report), *mutant.options]
    if "--write" in mutant.options:
        options += ["--journal", str(folder / "journal.jsonl"), "--revocable-token", REVOCABLE_TOKEN]
    options += [word for name in ids for word in ("--include-operation", name)]
    if mutant.edit is not None:
        options += ["--spec", str(_edited_spec(mutant, folder))]
    if mutant.signed:
        public, private = _key()
        world.register_public_key(JWT_TOKEN_UUID, public)
        (folder / "key.pem").write_text(private)
        options += ["--jwt-token-uuid", JWT_TOKEN_UUID, "--jwt-private-key", str(folder / "key.pem")]
    else:
        options += ["--token", TOKEN]
    bug = change(lambda request, response: None) if mutant.bug is None else mutant.bug()
    with mock_with(bug, world) as url:
        status = main(["--base-url", url, *options])
    found = json.loads(report.read_text()) if report.exists() else {"operations": []}
    return status, frozenset(_checks(found["operations"]))


def _checks(operations: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for operation in operations:
        if not operation["succeeded"]:
            yield operation["id"], NEVER
        for failure in operation["failures"]:
            yield operation["id"], failure["check"]


def _edited_spec(mutant: Mutant, folder: Path) -> Path:
    assert mutant.edit is not None
    document = deepcopy(_document())
    mutant.edit(document)
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


@cache
def _document() -> dict[str, Any]:
    return Spec.load(None).raw


@cache
def _key() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return public.decode(), private.decode()
