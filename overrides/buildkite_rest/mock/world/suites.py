"""Test suites and their tests. What came out when they ran is in `executions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from ..ids import Ids, Kind

if TYPE_CHECKING:
    from .accounts import Organization, User
    from .executions import Execution
    from .pipelines import Pipeline

TestState: TypeAlias = Literal["enabled", "muted", "skipped"]


@attrs.define(kw_only=True, eq=False)
class Test:
    """A test of a suite. Which part of its executions fails, or passes only at the second try, is its nature."""

    id: str
    suite: Suite
    index: int
    scope: str
    name: str
    file_name: str
    line: int
    seconds: float
    failure_share: float = 0.0
    flaky_share: float = 0.0
    labels: list[str] = attrs.field(factory=list[str])
    #: Slugs of the teams that own it.
    owners: tuple[str, ...] = ()
    #: Its states, each with the moment at which it began.
    history: list[tuple[float, TestState]] = attrs.field(factory=list[tuple[float, TestState]])
    last_resolved_at: float | None = None

    @property
    def location(self) -> str:
        """File and line."""
        return f"{self.file_name}:{self.line}"

    @property
    def state(self) -> TestState:
        """How the test is treated now."""
        return self.history[-1][1] if self.history else "enabled"

    def state_at(self, moment: float) -> TestState:
        """Return how the test was treated at a moment."""
        begun: list[TestState] = [state for since, state in self.history if since <= moment]
        return begun[-1] if begun else "enabled"


@attrs.define(kw_only=True, eq=False)
class Suite:
    """Tests that run together, in the builds of some pipelines."""

    id: str
    number: int
    organization: Organization
    slug: str
    name: str
    created_at: float
    default_branch: str
    api_token: str = attrs.field(repr=False)
    #: Makes the ids of what comes out when the tests run.
    ids: Ids = attrs.field(repr=False)
    application_name: str | None = None
    color: str | None = None
    emoji: str | None = None
    oidc_policy: str | None = None
    #: The states into which its settings allow to put tests.
    lifecycle: frozenset[TestState] = frozenset({"enabled", "muted", "skipped"})
    pipelines: tuple[Pipeline, ...] = ()
    #: Tags that all executions have.
    tags: Mapping[str, str] = attrs.field(factory=dict[str, str])
    tests: dict[str, Test] = attrs.field(factory=dict[str, Test], repr=False)
    #: Changeable tags of executions, by the ids of these.
    changeable_tags: dict[str, dict[str, str]] = attrs.field(factory=dict[str, dict[str, str]], repr=False)
    #: What came out of finished builds, made when somebody first asks.
    results: dict[tuple[int, float | None], tuple[Execution, ...]] = attrs.field(
        factory=dict[tuple[int, float | None], "tuple[Execution, ...]"], repr=False
    )

    def edited_by(self, user: User) -> bool:
        """Tell whether a user has full access: an administrator, a team that has it, or anybody where teams are off."""
        if self.organization.administered_by(user) or not self.organization.teams_enabled:
            return True
        teams = [team for team in self.organization.teams.values() if user.id in team.members]
        return any("edit" in team.suites[self.id].access_level for team in teams if self.id in team.suites)

    def test_id(self, index: int) -> str:
        """Return the id of the `index`-th test."""
        return self.ids.make(Kind.TEST, self.number << 16 | index)
