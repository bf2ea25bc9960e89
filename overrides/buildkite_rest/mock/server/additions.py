"""Data that a test adds: organizations, members, tokens, pipelines and builds. Deliveries of webhooks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

import httpx

from ..._base.arguments import short_repr
from ...webhooks._signing import sign
from ..arguments import ExitStatus, Moment, check, check_line
from ..backend import MOST_ARTIFACTS, Backend
from ..http.errors import UnprocessableError
from ..http.validation import api_spec
from ..resources.access_tokens import ALL_SCOPES_TOKEN, Token, all_scopes, new_token
from ..resources.artifacts import new_artifact
from ..resources.clusters import add_default_cluster
from ..resources.organizations import Membership, Organization, new_organization
from ..resources.pipelines import Pipeline, create_pipeline
from ..resources.seeded_builds import BuildState, add_build_in_state
from ..resources.steps import JobState
from ..resources.teams import TeamMember, TeamPipeline, add_everyone_team
from ..resources.users import User, new_user
from ..undo import undone_on_error
from ..values import LONGEST_SLUG, email_of, is_email
from .session import Session

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Additions")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STEPS: Final = "steps:\n  - {label: Test, key: test, command: bin/test}\n"


def between_requests(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Run a method between two requests, and undo its changes if it raises an exception."""

    @wraps(method)
    def run(self: S, /, *arguments: P.args, **options: P.kwargs) -> T:
        with self._session.lock.current, undone_on_error():  # pyright: ignore[reportPrivateUsage]
            return method(self, *arguments, **options)

    return run


class Additions:
    """Methods that add data to a mock server. `reset` removes it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def backend(self) -> Backend:
        """State of the API."""
        return self._session.backend

    @between_requests
    def add_organization(self, slug: str, *, name: str | None = None) -> str:
        """Add an organization, and return its slug.

        `token` has access to it, and its owner is the only member, an administrator. There is a cluster with the queue
        `default`, and a team that all members and pipelines of the following methods are in.

        Raises:
            ValueError: `slug` is not a slug, or is that of another organization, or `name` is empty.
        """
        if name is not None:
            check_line("name", name)
        if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
            rules = f"at most {LONGEST_SLUG} lower-case letters and digits, with single hyphens between them"
            raise ValueError(f"slug must be {rules}, such as 'initech', not {short_repr(slug)}")
        backend = self.backend
        if slug in backend.organizations:
            raise ValueError(f"there is already an organization {slug!r}; use another slug")
        owner = Membership(user=self._token.user, role="admin", sso_mode="optional")
        organization = new_organization(backend, slug, name or slug.title(), [owner])
        organization.created_at = backend.clock()
        add_default_cluster(backend, organization)
        add_everyone_team(backend, organization, organization.created_at)
        self._token.organizations += (organization,)
        return slug

    @between_requests
    def add_member(
        self, organization: str, name: str, *, email: str | None = None, role: Literal["admin", "member"] = "member"
    ) -> str:
        """Add a member to an organization, and return the id of the user.

        Args:
            organization: Slug of the organization.
            name: Name of a new user.
            email: Email address, by default one made of the name. If a user has it, in any case of its
                letters, that user becomes a member.
            role: `admin` or `member`.

        Raises:
            ValueError: There is no such organization, the user is a member of it, `name` is empty, or `email` or `role`
                is invalid.
        """
        check_line("name", name)
        check("role", role, Literal["admin", "member"])
        owner = self._find_organization(organization)
        address = email_of(name, f"{organization}.example") if email is None else email
        if not is_email(address):
            raise ValueError(f"email must be an email address such as 'ada@acme.example', not {short_repr(address)}")
        user = self._user_with_email(address) or new_user(self.backend, name, address)
        if user.id in owner.memberships:
            raise ValueError(f"{short_repr(address)} is already a member of {organization!r}; use another email")
        owner.memberships[user.id] = Membership(user=user, role=role, sso_mode="optional")
        for team in owner.teams.values():
            if team.default:
                now = self.backend.clock()
                team.members[user.id] = TeamMember(user=user, role=team.default_member_role, created_at=now)
        return user.id

    @between_requests
    def add_token(
        self,
        *,
        scopes: Iterable[str] | None = None,
        organizations: str | Iterable[str] = "acme",
        user: str | None = None,
    ) -> str:
        """Add an access token, and return it.

        Args:
            scopes: Scopes, such as `["read_builds"]`, or None for all.
            organizations: Slugs of the organizations that the token has access to, or one slug.
            user: Email address or id of a member of them, by default the owner of `token`.

        Raises:
            ValueError: A scope is unknown, there is no such organization or user, or the user is not a member.
        """
        slugs = [organizations] if isinstance(organizations, str) else [*organizations]
        if not slugs:
            raise ValueError("organizations must not be empty; a token has access to at least one")
        chosen = all_scopes() if scopes is None else frozenset(scopes)
        if unknown := sorted(chosen - all_scopes()):
            raise ValueError(f"{short_repr(unknown[0])} is not a scope; use names such as 'read_builds' or 'graphql'")
        owners = [self._find_organization(slug) for slug in slugs]
        owner = self._find_user(user)
        for organization in owners:
            if owner.id not in organization.memberships:
                raise ValueError(f"{owner.email!r} is not a member of {organization.slug!r}; add them with add_member")
        secret = f"bkua_mock_added_{len(self.backend.tokens)}"
        new_token(self.backend, secret, owner, chosen, *owners).created_at = self.backend.clock()
        return secret

    @between_requests
    def add_pipeline(
        self,
        organization: str,
        name: str,
        *,
        slug: str | None = None,
        steps: str | Sequence[Mapping[str, Any]] | None = None,
        repository: str | None = None,
        default_branch: str | None = None,
        description: str | None = None,
    ) -> str:
        """Add a pipeline, and return its slug.

        Args:
            organization: Slug of the organization.
            name: Name of the pipeline.
            slug: Slug, by default one made of the name.
            steps: Steps as YAML, or as the items of its `steps`. By default there is one, `test`.
            repository: URL of the repository.
            default_branch: Default branch, by default `main`.
            description: Description.

        Raises:
            ValueError: There is no such organization, or the API would refuse to create the pipeline.
        """
        check_line("name", name)
        owner = self._find_organization(organization)
        steps = _STEPS if steps is None else steps
        options = {"slug": slug, "default_branch": default_branch, "description": description}
        values = {
            "name": name,
            "repository": repository or f"git@github.com:{organization}/repository.git",
            "cluster_id": next(iter(owner.clusters), None),
            # JSON is valid YAML.
            "configuration": steps if isinstance(steps, str) else json.dumps({"steps": steps}),
            **{field: value for field, value in options.items() if value is not None},
        }
        now = self.backend.clock()
        try:
            pipeline = create_pipeline(self.backend, owner, values, self._find_user(None), now)
        except UnprocessableError as error:
            reason = ", ".join(map(str, error.errors)) or error.message
            raise ValueError(f"the pipeline cannot be added: {reason}") from error
        for team in owner.teams.values():
            if team.default:
                access = TeamPipeline(pipeline=pipeline, access_level="manage_build_and_read", created_at=now)
                team.pipelines[pipeline.id] = access
        return pipeline.slug

    @between_requests
    def add_build(
        self,
        organization: str,
        pipeline: str,
        *,
        state: BuildState | None = None,
        jobs: Mapping[str, JobState] | None = None,
        branch: str = "main",
        commit: str | None = None,
        message: str | None = None,
        created_at: datetime | None = None,
        meta_data: Mapping[str, str] | None = None,
    ) -> int:
        """Add a build that stays in its state until a request changes it, and return its number.

        Args:
            organization: Slug of the organization.
            pipeline: Slug of the pipeline.
            state: State. By default it follows from `jobs`, and is `passed` without them. If both are passed, they are
                not compared. `blocked` is shown as `passed` or `failed` with `blocked=True`, as in the API.
            jobs: State of each job by the key or the label of its step; the build has no other jobs. A name that no
                step of the pipeline has is that of a new step, a block step if the state is one of these. By default
                the build has the jobs of the pipeline, in states that suit that of the build. A blocked build of a
                pipeline without a block step gets such a step.
            branch: Branch.
            commit: Commit, by default a random one.
            message: Message.
            created_at: Time of creation, by default a minute ago. The build takes a minute.
            meta_data: Meta-data.

        Raises:
            ValueError: There is no such pipeline or state, `jobs` has a state that its step cannot have, there are more
                than 500 jobs, `branch` or a step is empty, or `created_at` has no time zone or is out of range.
        """
        check_line("branch", branch)
        check("state", state, BuildState | None)
        check("jobs", jobs, dict[str, JobState] | None)
        check("meta_data", meta_data, dict[str, str] | None)
        if created_at is not None and created_at.tzinfo is None:
            raise ValueError("created_at must have a time zone, such as datetime.UTC")
        moment = None if created_at is None else created_at.timestamp()
        check("created_at", moment, Moment | None)
        build = add_build_in_state(
            self.backend,
            self._find_pipeline(organization, pipeline),
            state=state,
            jobs=jobs,
            created_at=moment,
            branch=branch,
            commit=commit,
            message=message,
            meta_data=dict(meta_data or {}),
        )
        return build.number

    @between_requests
    def set_job(
        self,
        organization: str,
        pipeline: str,
        number: int,
        job: str,
        *,
        exit_status: int | None = None,
        seconds: float | None = None,
        log: str | bytes | None = None,
        artifacts: Mapping[str, str | bytes] | None = None,
    ) -> None:
        """Set the results of a job, those that are passed.

        Args:
            organization: Slug of the organization.
            pipeline: Slug of the pipeline.
            number: Number of the build.
            job: Id of the job, or the key or label of its step.
            exit_status: Exit status of a failed job, from 1 to 255.
            seconds: Duration of a finished job. Its build finishes later if necessary.
            log: Log, which is sent as soon as the job has started.
            artifacts: Content of each artifact by its path. They replace those of the job.

        Raises:
            ValueError: There is no such build, not one such job, the job has no duration, or a result is out of range.
        """
        check("exit_status", exit_status, ExitStatus | None)
        check("seconds", seconds, Moment | None)
        if artifacts is not None and len(artifacts) > MOST_ARTIFACTS:
            raise ValueError(f"artifacts must have at most {MOST_ARTIFACTS} paths")
        builds = self._find_pipeline(organization, pipeline).builds
        if number not in builds:
            raise ValueError(f"there is no build {number} in {pipeline!r}; add it with add_build")
        build = builds[number]
        found = [each for each in build.current_jobs if job in {each.id, each.step.key, each.step.name}]
        if len(found) != 1:
            raise ValueError(f"{len(found)} jobs of build {number} are {short_repr(job)}; pass the id of a job")
        [target] = found
        if exit_status is not None:
            target.exit_status = exit_status
        if seconds is not None:
            if target.started_at is None or target.finished_at is None:
                raise ValueError(f"seconds is only for a job that has run; {short_repr(job)} is {target.state}")
            target.finished_at = target.started_at + seconds
            build.finished_at = build.finished_at and max(build.finished_at, target.finished_at)
        if log is not None:
            target.log = _bytes(log)
        if artifacts is not None:
            contents = [(path, _bytes(content)) for path, content in artifacts.items()]
            target.artifacts = [
                new_artifact(self.backend, target, index, path, file_size=len(content), content=content)
                for index, (path, content) in enumerate(contents)
            ]

    @staticmethod
    def sample_event(event: str) -> dict[str, Any]:
        """Return the body of a webhook delivery as in the spec, such as that of `build.finished`.

        Raises:
            ValueError: `event` is unknown.
        """
        samples = api_spec().webhook_samples
        if event not in samples:
            raise ValueError(f"event must be one of {', '.join(samples)}, not {short_repr(event)}")
        return deepcopy(samples[event])

    def deliver(self, event: str | Mapping[str, Any], url: str, *, secret: str, timeout: float = 10.0) -> int:
        """Send a signed webhook delivery to a URL, and return the status of the response.

        Args:
            event: The body, an object with `event`, or the name of a `sample_event`.
            url: URL of the receiver, with `http` or `https`. Redirects are not followed, and proxies not used.
            secret: Token of the webhook, with which the receiver verifies the signature.
            timeout: Seconds to wait for the response.

        Raises:
            ValueError: `event` is unknown.
            ConfigurationError: `secret` is empty or invalid.
            httpx.HTTPError, httpx.InvalidURL: There is no response.
        """
        sample = event if isinstance(event, Mapping) else self.sample_event(event)
        body = json.dumps(sample).encode()
        headers = {"Content-Type": "application/json", "X-Buildkite-Event": str(sample.get("event"))}
        headers |= sign(body, secret=secret)
        return httpx.post(url, content=body, headers=headers, timeout=timeout, trust_env=False).status_code

    @property
    def _token(self) -> Token:
        return next(token for token in self.backend.tokens.values() if token.secret == ALL_SCOPES_TOKEN)

    def _find_organization(self, slug: str) -> Organization:
        if slug not in self.backend.organizations:
            known = ", ".join(map(repr, self.backend.organizations))
            raise ValueError(f"there is no organization {short_repr(slug)}; use one of {known}, or add_organization")
        return self.backend.organizations[slug]

    def _find_pipeline(self, organization: str, slug: str) -> Pipeline:
        pipelines = self._find_organization(organization).pipelines
        if slug not in pipelines:
            raise ValueError(f"there is no pipeline {short_repr(slug)} in {organization!r}; add it with add_pipeline")
        return pipelines[slug]

    def _find_user(self, name: str | None) -> User:
        """Find a user by id or email address. None is the owner of the token with all scopes."""
        if name is None:
            return self._token.user
        user = self.backend.users.get(name) or self._user_with_email(name)
        if user is None:
            raise ValueError(f"there is no user {short_repr(name)}; use the id or email of a member, see add_member")
        return user

    def _user_with_email(self, email: str) -> User | None:
        """Return the user with an email address. Its case is ignored."""
        return next((user for user in self.backend.users.values() if user.email.casefold() == email.casefold()), None)


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
