"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from .._auth.tokens import Auth
from .errors import CannotRunError
from .spec import Description, Operation

#: The phases of schemathesis.
MADE_UP: Final = ("examples", "coverage", "fuzzing", "stateful")


#: The phases that the runner has itself: objects from their creation to their end, whole lists, who may do what.
OWN: Final = ("lives", "lists", "access")


PHASES: Final = (*MADE_UP, *OWN)


#: The only phase of a sampled run.
SAMPLED: Final = "sampled"


#: Requests of a sampled run.
BUDGET: Final = 200


#: A run that revokes its own token fails from then on, and so does everything else that uses the token.
NEVER_SENT: Final = ("DELETE", "/v2/access-token")


class Mode(Enum):
    """Which requests a run sends. The value describes them."""

    READ = "GET and HEAD only"
    WRITE = "all methods"
    SAMPLED = "sampled, GET only"
    """A few GETs: where requests are counted, or where other people notice them."""

    @classmethod
    def of(cls, url: str, *, write: bool, budget: int | None) -> Mode:
        """Return the mode for a server and the options of the command line."""
        if budget is not None or not (write or is_local(url)):
            return cls.SAMPLED
        return cls.WRITE if write else cls.READ


@frozen(kw_only=True)
class Options:
    """What the command line says, checked."""

    base_url: str
    auth: Auth
    seed: int
    write: bool = False
    organization: str | None = None
    """The only organization whose objects are touched, if there is one."""
    confirm_write: str | None = None
    budget: int | None = None
    """How many requests may be sent, all of them hand-picked."""
    unscoped: Auth | None = None
    """Credentials that have no scope at all."""
    phases: tuple[str, ...] = PHASES
    max_examples: int = 25
    tags: frozenset[str] = frozenset()
    """Only operations with one of these tags; without any, all."""
    ids: frozenset[str] = frozenset()
    """Only these operations; without any, all."""
    max_time: int | None = None
    interval: float = 0.0
    """Seconds between two requests at least."""
    spec: Path | None = None
    junit: Path | None = None
    json: Path | None = None
    coverage: bool = False
    require_success: bool = False
    may_fail: frozenset[str] = frozenset()
    """Operations that need not succeed although `require_success` is set."""
    min_links: int = 0
    """How many links must be followed."""

    @property
    def mode(self) -> Mode:
        """Which requests the run sends."""
        return Mode.of(self.base_url, write=self.write, budget=self.budget)

    def chooses(self, operation: Operation) -> bool:
        """Return whether an operation is to be tested."""
        return self.names(operation) and self.allows(operation.method, operation.path)

    def names(self, operation: Operation) -> bool:
        """Return whether an operation is asked for, by its tag and by itself."""
        return (not self.tags or operation.tag in self.tags) and (not self.ids or operation.id in self.ids)

    def allows(self, method: str, path: str) -> bool:
        """Return whether a request may be sent, given the template of its path."""
        return (self.write or method in {"GET", "HEAD"}) and (method, path) != NEVER_SENT


def is_local(url: str) -> bool:
    """Return whether an address is one of this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_live(options: Options) -> None:
    """Refuse a run that might do something to others which nobody has asked for.

    Raises:
        CannotRunError: Something has to be said more clearly.
    """
    if options.confirm_write is not None and options.confirm_write != options.organization:
        raise CannotRunError("--confirm-write must repeat the organization of --organization")
    if is_local(options.base_url):
        return
    url = options.base_url
    if urlsplit(url).scheme != "https":
        raise CannotRunError(f"{url} would get the token in clear; use https://")
    if options.organization is None:
        raise CannotRunError(f"{url} is not on this machine: say with --organization whose objects may be looked at")
    if options.write and options.confirm_write is None:
        raise CannotRunError(
            f"--write would create, change and remove objects of {options.organization} on {url}; "
            f"if it was made for that, add --confirm-write {options.organization}"
        )


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


def hand_picked(description: Description) -> list[Operation]:
    """Return the operations in the order of `HAND_PICKED`."""
    by_id = {operation.id: operation for operation in description.operations}
    return [by_id[name] for name in HAND_PICKED if name in by_id]


def chosen_of(options: Options, description: Description) -> list[Operation]:
    """Return the operations that a run is about."""
    known = hand_picked(description) if options.mode is Mode.SAMPLED else description.operations
    return [operation for operation in known if options.chooses(operation)]


def check_selection(options: Options, description: Description) -> None:
    """Refuse a run that is about an operation which does not exist, or about none.

    Raises:
        CannotRunError: It is, or its budget is spent before the first of them.
    """
    tags = {operation.tag for operation in description.operations}
    if unknown := options.tags - tags:
        raise CannotRunError(f"no operation has the tag {min(unknown)}; there are {', '.join(sorted(tags))}")
    if unknown := options.ids - {operation.id for operation in description.operations}:
        raise CannotRunError(f"--include-operation: there is no operation {min(unknown)}")
    if unknown := options.may_fail - {operation.id for operation in description.operations}:
        raise CannotRunError(f"--may-fail: there is no operation {min(unknown)}")
    if not chosen_of(options, description):
        raise CannotRunError(_why_none(options, description))
    if options.budget is not None and options.budget <= PROBE_REQUESTS:
        raise CannotRunError(
            f"--budget: {options.budget} requests are not enough; {PROBE_REQUESTS} go into asking the server who it is"
        )


def _why_none(options: Options, description: Description) -> str:
    """Say why no operation is chosen."""
    named = [operation for operation in description.operations if options.names(operation)]
    if not description.operations:
        return "the description has no operations"
    if not named:
        return "no operation of --include-operation has a tag of --include-tag; leave one of them out"
    names = " and ".join(sorted(options.ids) or [f"all with the tag {tag}" for tag in sorted(options.tags)])
    if options.mode is Mode.SAMPLED:
        others = "others take a run without --budget or, where the server is not on this machine, with --write"
        return f"{names or 'all operations'}: not among the hand-picked GETs; {others}"
    if options.write:
        return f"{names} is never sent: it would revoke the token of the run"
    return f"--write is missing: without it only GET and HEAD are sent, and not {names}"


#: Requests of a probe, one of which is only sent when an organization is given.
PROBE_REQUESTS: Final = 4
