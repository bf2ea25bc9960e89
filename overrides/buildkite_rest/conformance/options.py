"""Options of a run, their validation, and the operations that they select."""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from .. import ConfigurationError, TokenAuth
from .._auth.environment import auth_from
from .._auth.tokens import Auth
from .._base.json_values import is_array
from .._http.options import parse_base_url
from .._http.request import path_segment
from .api import Api, CannotRunError, Operation
from .cli import ACCESS, BUDGET, PHASES, TOKENS
from .exchange import LIMITED, REVOCABLE

#: Requests of the probe before a run, one of which is sent only if an organization is given.
PROBE_REQUESTS: Final = 2
#: The only phase of a sampled run.
SAMPLED_PHASE: Final = "sampled"
#: The value of `--write-existing` that stands for all tags.
ALL: Final = "all"
#: Id of the operation that revokes the token of a request, which everything else that uses the token needs.
REVOCATION: Final = "revokeAccessToken"

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


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names)


@frozen(kw_only=True)
class Options:
    """Options of a run, with the names that they have on the command line."""

    base_url: str
    auth: Auth
    seed: int = field(factory=lambda: random.getrandbits(32))
    write: bool = False
    write_existing: frozenset[str] = field(default=frozenset(), converter=_names)
    """Tags whose operations may change objects that the run did not create, or `all`."""
    organization: str | None = None
    """The only organization whose objects are used."""
    confirm_write: str | None = None
    budget: int | None = None
    """Maximum number of requests, in a sampled run."""
    tokens: Mapping[str, Auth] = field(factory=dict[str, Auth])
    """Further tokens by the names of their credentials."""
    phases: tuple[str, ...] = PHASES
    include_tag: frozenset[str] = field(default=frozenset(), converter=_names)
    """Tags of the operations to test. Empty for all."""
    include_operation: frozenset[str] = field(default=frozenset(), converter=_names)
    """Ids of the operations to test. Empty for all."""
    json: Path | None = None

    @property
    def is_sampled(self) -> bool:
        """Whether the run sends a few GETs only, because the server is elsewhere or there is a budget."""
        return self.budget is not None or not (self.write or is_local(self.base_url))

    def includes(self, operation: Operation) -> bool:
        """Return whether the tags and ids include an operation."""
        has_tag = not self.include_tag or operation.tag in self.include_tag
        return has_tag and (not self.include_operation or operation.id in self.include_operation)

    def allows(self, operation: Operation) -> bool:
        """Return whether requests of an operation may be sent."""
        if operation.id == REVOCATION:
            return self.write and REVOCABLE in self.tokens and ACCESS in self.phases
        return self.write or operation.is_read


def options_of(namespace: argparse.Namespace) -> Options:
    """Return the validated options.

    Raises:
        CannotRunError: An option is invalid, missing or excluded by another.
    """
    given = vars(namespace)
    check_url(given["base_url"])
    _check_filled(given)
    tokens: dict[str, Auth] = {}
    for option in TOKENS:
        name = option.removeprefix("--").removesuffix("-token").replace("-", " ")
        for number, token in enumerate(given.pop(option.removeprefix("--").replace("-", "_")), 1):
            tokens[f"{LIMITED} {number}" if name == LIMITED else name] = _token_auth(option, token)
    auth = auth_of(given.pop("token"))
    known = {name: value for name, value in given.items() if value is not None}
    options = Options(**{**known, "base_url": given["base_url"].rstrip("/")}, auth=auth, tokens=tokens)
    if options.budget is not None and options.write:
        raise CannotRunError("--budget and --write exclude each other. Use one of them.")
    _check_revocable(options)
    if options.is_sampled:
        return evolve(options, budget=options.budget or BUDGET, phases=(SAMPLED_PHASE,), tokens={})
    return options


def auth_of(token: str | None) -> Auth:
    """Return the credential of `--token`, or else that in the environment.

    Raises:
        CannotRunError: It is invalid.
    """
    return auth_from(os.environ, alternative="pass --token") if token is None else _token_auth("--token", token)


def _token_auth(option: str, token: str) -> Auth:
    try:
        return TokenAuth(token)
    except ConfigurationError as error:
        raise CannotRunError(f"{option}: {error}") from None


def check_url(url: str) -> None:
    """Reject what is not the URL of an API.

    Raises:
        CannotRunError: It is not an HTTP URL, or has a user, a query, a fragment or the version of the API.
    """
    try:
        base = parse_base_url("--base-url", url)
    except ConfigurationError as error:
        raise CannotRunError(f"{error}.") from None
    if base.origin[0] != "https" and not is_local(url):
        raise CannotRunError(f"{url} would receive the token unencrypted. Use https://.")


def _check_filled(given: Mapping[str, Any]) -> None:
    """Reject empty values, which unset shell variables cause: `--organization "$ORG"`."""
    for name, value in given.items():
        if value == "" or (is_array(value) and "" in value):
            raise CannotRunError(f"--{name.replace('_', '-')} is empty. Pass a value or leave it out.")
    try:
        path_segment("--organization", given["organization"] or "any")
    except ValueError as error:
        raise CannotRunError(str(error)) from None


def _check_revocable(options: Options) -> None:
    values = [each.authorization() for each in (options.auth, *options.tokens.values())]
    if REVOCABLE in options.tokens and values.count(options.tokens[REVOCABLE].authorization()) > 1:
        raise CannotRunError("--revocable-token: the run needs this token. Pass one that nothing else uses.")


def is_local(url: str) -> bool:
    """Return whether the host of a URL is a loopback address."""
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")  # of a fully qualified name
    except ValueError:  # an invalid IPv6 address
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_remote(options: Options) -> None:
    """Require explicit options for a run against a server that is not on this machine.

    Raises:
        CannotRunError: An option is missing.
    """
    url, organization = options.base_url, options.organization
    if options.confirm_write is not None and options.confirm_write != organization:
        raise CannotRunError("--confirm-write differs from --organization. Repeat the organization.")
    if is_local(url):
        return
    if organization is None:
        raise CannotRunError(f"{url} is not on this machine. Pass the organization to test as --organization.")
    if options.write and options.confirm_write is None:
        raise CannotRunError(
            f"--write would create, change and delete objects of {organization} on {url}. "
            f"If the organization is meant for that, add --confirm-write {organization}."
        )


def select_operations(options: Options, api: Api) -> list[Operation]:
    """Return the operations to test.

    Raises:
        CannotRunError: A tag or id is unknown, no operation is selected, or the budget is too small.
    """
    tags = {operation.tag for operation in api.operations}
    for option, given in (("--include-tag", options.include_tag), ("--write-existing", options.write_existing - {ALL})):
        if unknown := given - tags:
            raise CannotRunError(f"{option}: there is no tag {min(unknown)}. Tags: {', '.join(sorted(tags))}.")
    if unknown := options.include_operation - api.by_id.keys():
        raise CannotRunError(f"--include-operation: there is no operation {min(unknown)}")
    candidates = tuple(api.operations)
    if options.is_sampled:
        candidates = tuple(api.by_id[name] for name in SAMPLED_OPERATIONS)
    selected = [each for each in candidates if options.includes(each) and options.allows(each)]
    if not selected:
        raise CannotRunError(
            "the options select no operation. A sampled run has a few. Without --write, only GET and HEAD are sent. "
            "revokeAccessToken needs a --revocable-token."
        )
    if options.budget is not None and options.budget <= PROBE_REQUESTS:
        raise CannotRunError(
            f"--budget: {options.budget} is too small. {PROBE_REQUESTS} requests check the server before the run."
        )
    return selected
