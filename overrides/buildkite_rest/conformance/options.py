"""Options of a run, and the operations that they select."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from .._auth.tokens import Auth, TokenAuth
from .api import Api, CannotRunError, Operation
from .loopback import is_local
from .option_values import ACCESS, ALL, MAX_EXAMPLES, PHASES, REVOCATION

#: Requests of the probe before a run, one of which is sent only if an organization is given.
PROBE_REQUESTS: Final = 4

#: The operations of a sampled run in the order of their requests: each needs only ids from those before it. They cover
#: common objects, both kinds of pagination, lists without pages, and objects that only some plans have.
SAMPLED_OPERATIONS: Final = (
    *("getMeta", "getAccessToken", "getUser", "listOrganizations", "getOrganization", "getRateLimit"),
    *("listPipelines", "getPipeline", "listBuilds", "getBuild", "listJobs", "getJobInBuild", "getJobEnvInBuild"),
    *("listBuildAnnotations", "listBuildArtifacts", "listAgents", "getAgent", "listEmojis"),
    *("listClusters", "getCluster", "listClusterQueues", "getClusterQueue"),
    *("listTeams", "getTeam", "listTeamMembers", "listPipelineTemplates", "listRegistries", "listPackages"),
    *("listTestSuites", "getTestSuite", "listTestRuns", "getTestRun"),
    *("listPortals", "listRules", "listPipelineSchedules"),
)


class Mode(Enum):
    """The kind of requests that a run sends. The value describes it in the report."""

    READ = "GET and HEAD only"
    WRITE = "all methods"
    SAMPLED = "sampled, GET only"
    """A few requests, for servers that are not on this machine and for runs with a budget."""


@frozen(kw_only=True)
class Options:
    """Validated options of the command line."""

    base_url: str
    auth: Auth
    seed: int
    write: bool = False
    write_existing: frozenset[str] = frozenset()
    """Tags whose operations may change objects that the run did not create, or `all`."""
    organization: str | None = None
    """The only organization whose objects are used."""
    confirm_write: str | None = None
    budget: int | None = None
    """Maximum number of requests, in a sampled run."""
    no_scope_auth: Auth | None = None
    """Credentials without any scope."""
    limited_auths: tuple[Auth, ...] = ()
    """Credentials with some of the scopes each."""
    expired_auth: Auth | None = None
    """Credentials that have expired or were revoked."""
    foreign_auth: Auth | None = None
    """Credentials of a member of another organization."""
    revocable_auth: Auth | None = None
    """Credentials that the run revokes at its end."""
    phases: tuple[str, ...] = PHASES
    max_examples: int = MAX_EXAMPLES
    tags: frozenset[str] = frozenset()
    """Tags of the operations to test. Empty for all."""
    ids: frozenset[str] = frozenset()
    """Ids of the operations to test. Empty for all."""
    max_time: int | None = None
    interval: float = 0.0
    """Minimum number of seconds between two requests."""
    unknown_fields: str | None = None
    """What to do with undescribed fields and values of responses: `fail`, `report`, or None for the default."""
    spec: Path | None = None
    junit: Path | None = None
    json: Path | None = None
    journal: Path | None = None
    log_requests: Path | None = None
    coverage: bool = False
    may_fail: frozenset[str] = frozenset()
    """Ids of operations that need not succeed."""

    @property
    def mode(self) -> Mode:
        """The kind of requests that the run sends."""
        if self.budget is not None or not (self.write or is_local(self.base_url)):
            return Mode.SAMPLED
        return Mode.WRITE if self.write else Mode.READ

    @property
    def other_tokens(self) -> tuple[str, ...]:
        """The options with further tokens, each as often as it is given."""
        return tuple(option for option, _ in self._other_auths)

    @property
    def same_as_token(self) -> str | None:
        """The first option with a further token that is the token of the run."""
        if not isinstance(self.auth, TokenAuth):
            return None
        token = self.auth.authorization()
        others = ((option, auth) for option, auth in self._other_auths if isinstance(auth, TokenAuth))
        return next((option for option, auth in others if auth.authorization() == token), None)

    @property
    def _other_auths(self) -> tuple[tuple[str, Auth], ...]:
        given = (
            ("--no-scope-token", self.no_scope_auth),
            ("--expired-token", self.expired_auth),
            ("--foreign-token", self.foreign_auth),
            ("--revocable-token", self.revocable_auth),
            *(("--limited-token", auth) for auth in self.limited_auths),
        )
        return tuple((option, auth) for option, auth in given if auth is not None)

    @property
    def unknown_fields_fail(self) -> bool:
        """Whether an undescribed field is a failure: by default, not on a server elsewhere, where the API grows."""
        if self.unknown_fields is None:
            return is_local(self.base_url)
        return self.unknown_fields == "fail"

    def includes(self, operation: Operation) -> bool:
        """Return whether the tags and ids include an operation."""
        return (not self.tags or operation.tag in self.tags) and (not self.ids or operation.id in self.ids)

    def allows(self, operation: Operation) -> bool:
        """Return whether requests of an operation may be sent."""
        if operation.id == REVOCATION:
            return self.write and self.revocable_auth is not None and ACCESS in self.phases
        return self.write or operation.is_read


def check_remote(options: Options) -> None:
    """Require explicit options for a run against a server that is not on this machine.

    Raises:
        CannotRunError: An option is missing.
    """
    url, organization = options.base_url, options.organization
    if options.confirm_write is not None and options.confirm_write != organization:
        raise CannotRunError("--confirm-write differs from --organization. Repeat the organization.")
    check_remote_url(url)
    if is_local(url):
        return
    if organization is None:
        raise CannotRunError(f"{url} is not on this machine. Pass the organization to test as --organization.")
    if options.write and options.confirm_write is None:
        raise CannotRunError(
            f"--write would create, change and delete objects of {organization} on {url}. "
            f"If the organization is meant for that, add --confirm-write {organization}."
        )


def check_remote_url(url: str) -> None:
    """Require TLS for a server that is not on this machine.

    Raises:
        CannotRunError: The URL begins with `http:`.
    """
    if not is_local(url) and urlsplit(url).scheme != "https":
        raise CannotRunError(f"{url} would receive the token unencrypted. Use https://.")


def select_operations(options: Options, api: Api) -> list[Operation]:
    """Return the operations to test.

    Raises:
        CannotRunError: A tag or id is unknown, no operation is selected, or the budget is too small.
    """
    tags = {operation.tag for operation in api.operations}
    if unknown := options.tags - tags:
        raise CannotRunError(f"--include-tag: there is no tag {min(unknown)}. Tags: {', '.join(sorted(tags))}.")
    if unknown := options.write_existing - tags - {ALL}:
        raise CannotRunError(
            f"--write-existing: there is no tag {min(unknown)}. Tags: {ALL}, {', '.join(sorted(tags))}."
        )
    for option, ids in (("--include-operation", options.ids), ("--may-fail", options.may_fail)):
        if unknown := ids - api.by_id.keys():
            raise CannotRunError(f"{option}: there is no operation {min(unknown)}")
    candidates = tuple(api.operations)
    if options.mode is Mode.SAMPLED:
        candidates = tuple(api.by_id[name] for name in SAMPLED_OPERATIONS if name in api.by_id)
    selected = [each for each in candidates if options.includes(each) and options.allows(each)]
    if not selected:
        raise CannotRunError(_reason_for_no_operations(options, api))
    if options.budget is not None and options.budget <= PROBE_REQUESTS:
        raise CannotRunError(
            f"--budget: {options.budget} is too small. {PROBE_REQUESTS} requests check the server before the run."
        )
    return selected


def not_sampled(options: Options, api: Api) -> list[Operation]:
    """Return the operations with GET that are selected, but not in a sampled run."""
    if options.mode is not Mode.SAMPLED:
        return []
    return [
        each
        for each in api.operations
        if each.method == "GET" and options.includes(each) and each.id not in SAMPLED_OPERATIONS
    ]


def _reason_for_no_operations(options: Options, api: Api) -> str:
    if not api.operations:
        return "the spec has no operations"
    if not any(options.includes(operation) for operation in api.operations):
        return "no operation of --include-operation has a tag of --include-tag. Leave out one of them."
    names = " and ".join(sorted(options.ids) or [f"all with the tag {tag}" for tag in sorted(options.tags)])
    if options.mode is Mode.SAMPLED:
        hint = "For others, leave out --budget and, if the server is not on this machine, add --write."
        return f"{names or 'all operations'}: not in a sampled run. {hint}"
    if options.write:
        return f"{names}: it would revoke the token of the run. Pass another one as --revocable-token."
    return f"{names}: only GET and HEAD are sent. Add --write."
