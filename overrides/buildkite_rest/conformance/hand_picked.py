"""Requests for a server that other people use: few, hand-picked, and only reading.

They begin with what needs no ids. Every id that a later one needs comes from the list before it; none is invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import is_array
from .description import Description
from .lists import walk, walk_problems
from .operation import Operation, parameters_of
from .targets import Target, Targets, Values, own_path, target_of
from .wire import Answer, BudgetSpentError, Wire, items_of

#: What is read, and why. The order is that of the requests.
HAND_PICKED: Final[Mapping[str, str]] = {
    "getMeta": "needs no token",
    "getAccessToken": "tells which of the others may be refused",
    "getUser": "the smallest object",
    "listOrganizations": "the only list that belongs to nothing",
    "getOrganization": "where everything begins",
    "getRateLimit": "both limits as a body",
    "listPipelines": "pages by Link",
    "getPipeline": "the largest object without jobs",
    "listBuilds": "objects with jobs of every type",
    "getBuild": "one of them, whole",
    "listJobs": "pages by cursor",
    "getJobInBuild": "a job by itself",
    "getJobEnvInBuild": "an object with keys that nobody knows beforehand",
    "listBuildAnnotations": "a list that is often empty",
    "listBuildArtifacts": "objects that name their job",
    "listAgents": "pages by Link, often long",
    "getAgent": "an object that comes and goes",
    "listEmojis": "a long list without pages",
    "listClusters": "what the next ones belong to",
    "getCluster": "one of them",
    "listClusterQueues": "parts of a cluster",
    "getClusterQueue": "one of them",
    "listTeams": "what only some organizations have",
    "getTeam": "one of them",
    "listTeamMembers": "users in another form",
    "listPipelineTemplates": "what only some plans have",
    "listRegistries": "the second group of paths",
    "listPackages": "parts of a registry",
    "listTestSuites": "the third group of paths",
    "getTestSuite": "one of them",
    "listTestRuns": "parts of a suite",
    "getTestRun": "one of them",
    "listPortals": "what few organizations have",
    "listRules": "what few organizations have",
    "listPipelineSchedules": "parts of a pipeline",
}
#: Of so many objects each operation is tried, and so many of each list are remembered.
_OBJECTS: Final = 2
_REMEMBERED: Final = 6
#: The sizes of a page, to compare them.
_PAGE, _WHOLE = 3, 6


def hand_picked(description: Description) -> list[Operation]:
    """Return the operations in the order of `HAND_PICKED`."""
    by_id = {operation.id: operation for operation in description.operations}
    return [by_id[name] for name in HAND_PICKED if name in by_id]


def check_hand_picked(
    wire: Wire, description: Description, organization: str | None, chosen: Sequence[Operation]
) -> Iterator[Operation]:
    """Read the chosen operations until the budget is spent, and yield each before."""
    targets = Targets(organization)
    if organization is not None:
        targets.add("/v2/organizations/{org}", [Target("/v2/organizations/{org}", {"org": organization})])
    own = sorted({own_path(operation.path) for operation in description.operations if operation.parameters})
    for number, operation in enumerate(chosen):
        yield operation
        try:
            for values in _objects(targets, operation):
                answer = _read(wire, operation, values)
                _remember(targets, own, operation, values, answer)
        except BudgetSpentError:
            wire.results.over_budget = len(chosen) - number
            return


def _objects(targets: Targets, operation: Operation) -> list[Values]:
    if not operation.parameters:
        return [{}]
    found = targets.on(operation.path)[:_OBJECTS]
    return [{name: target.values[name] for name in operation.parameters} for target in found]


def _read(wire: Wire, operation: Operation, values: Values) -> Answer:
    if operation.pagination == "none" or "per_page" not in operation.query:
        return wire.send(operation, values)
    whole = walk(wire, operation, values, _WHOLE, 1)
    if not whole.pages:
        return wire.send(operation, values)
    if len(whole.items) > _PAGE:
        parts = walk(wire, operation, values, _PAGE, 2)
        for problem in walk_problems(whole, parts, _PAGE):
            if parts.pages:
                wire.fail("list_is_whole", "BK101", problem, parts.pages[-1], whole.pages)
    return whole.pages[0]


def _remember(targets: Targets, own: Sequence[str], operation: Operation, values: Values, answer: Answer) -> None:
    collection = operation.path.rpartition("/")[2]
    items: list[Any] = (items_of(answer.body) or []) if answer.ok else []
    if operation.pagination == "none" and not is_array(answer.body):
        return
    for path in own:
        if path.rpartition("/")[0].endswith(f"/{collection}") and parameters_of(path):
            found = (target_of(path, values, item) for item in items[:_REMEMBERED])
            targets.add(path, [target for target in found if target is not None])
