"""Methods of the mock server that add data for a test."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from datetime import datetime
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from ..._base.arguments import short_repr
from ...webhooks._signing import sign
from ..additions import add_member, add_organization, add_pipeline, add_token, find_organization, find_pipeline
from ..arguments import ExitStatus, Moment, check, check_line
from ..backend import MOST_ARTIFACTS
from ..http.validation import api_spec
from ..resources.seeded_builds import BuildState, add_build_in_state, set_job
from ..resources.steps import JobState
from ..values import email_of
from .control import Control

T = TypeVar("T")


class SetupMethods(ABC):
    """Methods that add data to a mock server. `reset` removes it."""

    @abstractmethod
    def _run_in_loop(self, change: Callable[[Control], T]) -> T:
        """Run a change in the event loop, between two requests, and return its result."""

    def add_organization(self, slug: str, *, name: str | None = None) -> str:
        """Add an organization, and return its slug.

        `token` has access to it, and its owner is the only member, an administrator. There is a cluster with the queue
        `default`, and a team that all members and pipelines of the following methods are in.

        Raises:
            ValueError: `slug` is not a slug, or is that of another organization, or `name` is empty.
        """
        if name is not None:
            check_line("name", name)
        return self._run_in_loop(lambda control: add_organization(control.backend, slug, name).slug)

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

        def add(control: Control) -> str:
            owner = find_organization(control.backend, organization)
            address = email_of(name, f"{organization}.example") if email is None else email
            return add_member(control.backend, owner, name, address, role).id

        return self._run_in_loop(add)

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

        def add(control: Control) -> str:
            owners = [find_organization(control.backend, slug) for slug in slugs]
            return add_token(control.backend, scopes, owners, user)

        return self._run_in_loop(add)

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
        body = {
            "slug": slug,
            "repository": repository,
            "default_branch": default_branch,
            "description": description,
        }

        def add(control: Control) -> str:
            owner = find_organization(control.backend, organization)
            return add_pipeline(control.backend, owner, name, steps, body).slug

        return self._run_in_loop(add)

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
            ValueError: There is no such pipeline or state, `jobs` has a step
                twice, a label of several steps or a state that its step cannot have, there are more than 500 jobs,
                `branch` or a step is empty, or `created_at` has no time zone or is out of range.
        """
        check_line("branch", branch)
        check("state", state, BuildState | None)
        check("jobs", jobs, dict[str, JobState] | None)
        check("meta_data", meta_data, dict[str, str] | None)
        moment = None if created_at is None else _timestamp(created_at)
        attributes: dict[str, Any] = {
            "state": state,
            "jobs": None if jobs is None else dict(jobs),
            "created_at": moment,
            "branch": branch,
            "commit": commit,
            "message": message,
            "meta_data": dict(meta_data or {}),
        }

        def add(control: Control) -> int:
            found = find_pipeline(find_organization(control.backend, organization), pipeline)
            return add_build_in_state(control.backend, found, **attributes).number

        return self._run_in_loop(add)

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
            ValueError: There is no such build, not one such job, its state contradicts a result, it would finish in the
                future, or a result is out of range.
        """
        check("exit_status", exit_status, ExitStatus | None)
        check("seconds", seconds, Moment | None)
        if artifacts is not None and len(artifacts) > MOST_ARTIFACTS:
            raise ValueError(f"artifacts must have at most {MOST_ARTIFACTS} paths")
        files = None if artifacts is None else {path: _bytes(content) for path, content in artifacts.items()}
        raw_log = None if log is None else _bytes(log)

        def change(control: Control) -> None:
            found = find_pipeline(find_organization(control.backend, organization), pipeline)
            if number not in found.builds:
                raise ValueError(f"there is no build {number} in {pipeline!r}; add it with add_build")
            build = found.builds[number]
            set_job(control.backend, build, job, exit_status=exit_status, seconds=seconds, log=raw_log, artifacts=files)

        self._run_in_loop(change)

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
            OSError: There is no response. Other errors of `http.client` are those of an invalid URL or response.
        """
        sample = event if isinstance(event, Mapping) else self.sample_event(event)
        body = json.dumps(sample).encode()
        headers = {"Content-Type": "application/json", "X-Buildkite-Event": str(sample.get("event"))}
        headers |= sign(body, secret=secret)
        parts = urlsplit(url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        with closing(connect(parts.netloc, timeout=timeout)) as connection:
            connection.request("POST", f"{parts.path or '/'}?{parts.query}".removesuffix("?"), body, headers)
            return connection.getresponse().status


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _timestamp(moment: datetime) -> float:
    if moment.tzinfo is None:
        raise ValueError("created_at must have a time zone, such as datetime.UTC")
    seconds = moment.timestamp()
    check("created_at", seconds, Moment)
    return seconds
