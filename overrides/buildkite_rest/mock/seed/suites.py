"""Test suites: one of each language, one that nothing has been sent to yet. Among their tests are bad ones."""

from __future__ import annotations

from typing import Any

from ..ids import Kind, digest
from ..world.suites import Suite, Test, TestState
from ..world.world import World
from .accounts import DAY, EPOCH

_RSPEC: dict[str, tuple[str, ...]] = {
    "./spec/models/basket_spec.rb": ("Basket#total", "adds up the prices", "is zero when empty", "rounds half up"),
    "./spec/models/order_spec.rb": ("Order#cancel", "gives the money back", "fails when shipped", "tells the customer"),
    "./spec/requests/login_spec.rb": ("Login", "lets members in", "keeps strangers out", "locks after ten tries"),
    "./spec/system/checkout_spec.rb": ("Checkout", "takes a card", "takes a voucher", "survives a reload"),
}
_JEST: dict[str, tuple[str, ...]] = {
    "src/cart.test.ts": ("Cart", "shows the total", "opens on click", "remembers its content"),
    "src/search.test.ts": ("Search", "finds by prefix", "waits before it asks", "highlights what matches"),
}
_GO: dict[str, tuple[str, ...]] = {
    "server/handler_test.go": ("acme.example/api/server", "TestHealth", "TestNotFound", "TestTimeout"),
    "store/store_test.go": ("acme.example/api/store", "TestPut", "TestGetAgain"),
}
_ROCKETS: dict[str, tuple[str, ...]] = {"tests/test_launch.py": ("tests.test_launch", "test_ignites", "test_lands")}
_POLICY = """\
- iss: https://agent.buildkite.com
  claims:
    organization_slug: acme
    pipeline_slug: ios
  scopes:
    - read_suites
    - write_uploads
"""
#: What is special about some of the tests of a suite, by their index.
_NATURES: dict[int, dict[str, Any]] = {
    1: {"flaky_share": 0.3, "labels": ["flaky"], "owners": ("frontend",), "last_resolved_at": EPOCH - 5 * DAY},
    2: {"failure_share": 0.5, "labels": ["flaky", "slow"], "owners": ("backend", "frontend"), "seconds": 4.0},
    3: {"labels": ["slow"], "owners": ("backend",), "seconds": 9.0},
    4: {"flaky_share": 0.1},
}
#: States of some of the tests, by their index.
_STATES: dict[int, TestState] = {2: "muted", 3: "skipped", 6: "muted", 7: "muted", 8: "skipped", 9: "skipped"}


def add_suites(world: World) -> None:
    """Add the test suites of both organizations to a world that has pipelines."""
    _add(
        world, "acme", "RSpec", _RSPEC, "web",
        application_name="Web", color="#CC342D", emoji=":rspec:",
        tags={"framework": "rspec", "language.name": "ruby", "language.version": "3.4.1"},
    )  # fmt: skip
    _add(
        world, "acme", "Jest", _JEST, "web",
        application_name="Web", emoji="🃏", lifecycle=frozenset({"enabled", "muted"}),
        tags={"framework": "jest", "language.name": "typescript", "language.version": "5.7"},
    )  # fmt: skip
    _add(world, "acme", "Go", _GO, "api", "nightly", tags={"framework": "go test", "language.name": "go"})
    _add(world, "acme", "XCTest", {}, application_name="iOS", color="#147EFB", oidc_policy=_POLICY)
    _add(world, "globex", "pytest", _ROCKETS, "rockets", tags={"framework": "pytest", "language.name": "python"})


def _add(
    world: World, owner: str, name: str, files: dict[str, tuple[str, ...]], *pipelines: str, **attributes: Any
) -> None:
    organization = world.organizations[owner]
    number = world.new_number(Kind.SUITE)
    suite = Suite(
        id=world.ids.make(Kind.SUITE, number),
        number=number,
        organization=organization,
        slug=name.lower(),
        name=name,
        created_at=EPOCH - (300 - number) * DAY,
        default_branch="main",
        api_token=digest("suite", world.seed, number, length=24),
        ids=world.ids,
        pipelines=tuple(organization.pipelines[slug] for slug in pipelines),
        **attributes,
    )
    for file_name, (scope, *names) in files.items():
        for position, test_name in enumerate(names):
            _add_test(suite, scope, test_name, file_name, 12 + 19 * position)
    organization.suites[suite.slug] = suite


def _add_test(suite: Suite, scope: str, name: str, file_name: str, line: int) -> None:
    index = len(suite.tests)
    state = _STATES.get(index)
    nature: dict[str, Any] = {"seconds": 0.05 * (1 + index * 7 % 11), **_NATURES.get(index, {})}
    nature["labels"] = list(nature.get("labels", ()))
    test = Test(
        id=suite.test_id(index),
        suite=suite,
        index=index,
        scope=scope,
        name=name,
        file_name=file_name,
        line=line,
        **nature,
    )
    if state is not None and state in suite.lifecycle:
        test.history.append((EPOCH - DAY, state))
    suite.tests[test.id] = test
