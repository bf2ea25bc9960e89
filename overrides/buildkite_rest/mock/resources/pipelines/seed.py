"""Seeded pipelines: one with a block step, one that fails, one on hosted Macs, one with a job in each state."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

import attrs

from ...backend import DAY, Backend
from ...ids import Kind, digest
from ..organizations import Organization
from .pipeline import Pipeline
from .steps import from_configuration, from_visual
from .webhooks import default_settings, provider_of

_JobState: TypeAlias = Literal[
    "pending", "waiting", "waiting_failed", "limiting", "limited", "platform_limiting", "platform_limited", "scheduled",
    "reserved", "assigned", "accepted", "running", "passed", "failed", "canceling", "canceled", "timing_out",
    "timed_out", "expired", "skipped", "broken",
]  # fmt: skip
_BlockState: TypeAlias = Literal["blocked", "blocked_failed", "unblocked", "unblocked_failed"]
JobState: TypeAlias = Literal[_JobState, _BlockState]
#: States of a job, in the order of its lifecycle.
JOB_STATES: tuple[_JobState, ...] = get_args(_JobState)
#: Additional states of block steps.
BLOCK_STATES: tuple[_BlockState, ...] = get_args(_BlockState)
_WEB = """\
env:
  RAILS_ENV: test
steps:
  - label: ":pipeline: Upload"
    command: buildkite-agent pipeline upload
  - label: ":rubocop: Lint"
    key: lint
    command: bin/lint
  - group: Tests
    key: tests
    steps:
      - label: ":rspec: RSpec"
        key: rspec
        command: bin/rspec
        parallelism: 3
        artifact_paths: "coverage/**/*;log/*"
        agents: {queue: default}
  - wait
  - label: ":docker: Image"
    key: image
    command: bin/build-image
    artifact_paths: "dist/*"
    timeout_in_minutes: 20
    matrix: {setup: {base: [alpine, debian]}}
    agents: {queue: arm}
  - label: ":mag: Scan"
    key: scan
    command: bin/scan
    concurrency: 1
  - wait
  - label: ":rocket: Deploy"
    key: deploy
    trigger: deploy
    async: true
    build: {branch: main, message: Deploy web}
  - label: ":mega: Announce"
    key: announce
    command: bin/announce
"""
_API = """\
steps:
  - {label: Test, key: test, command: go test ./..., artifact_paths: log/*}
  - wait
  - {block: "Release to production?", key: release}
  - {label: Release, key: ship, command: bin/release}
"""
_NIGHTLY = """\
steps:
  - {label: Audit, key: audit, command: bin/audit; exit 3, soft_fail: true}
  - {label: Fuzz, key: fuzz, command: bin/fuzz && exit 1}
  - wait
  - {label: Report, key: report, command: bin/report}
"""
_IOS = """\
steps:
  - {label: ":xcode: Build", key: xcode, command: fastlane build, artifact_paths: dist/*, agents: {queue: macos}}
  - {label: ":iphone: UI tests", key: ui, command: fastlane test, parallelism: 2, agents: {queue: macos}}
"""
_DEPLOY = 'steps:\n  - {label: ":ship: Deploy", key: deploy, command: bin/deploy, artifact_paths: log/*}\n'
_UPKEEP = "steps:\n  - {label: Vacuum, key: vacuum, command: bin/vacuum, agents: {queue: maintenance}}\n"
_ZOO = "steps:\n" + "".join(
    [f"  - {{label: {state} job, key: {state}, command: bin/{state}}}\n" for state in JOB_STATES]
    + [f"  - {{block: {state} step, key: {state}}}\n" for state in BLOCK_STATES]
)
_DOCS_STEPS = [
    {"type": "script", "name": "Build :book:", "command": "make html", "artifact_paths": "dist/*"},
    {"type": "waiter"},
    {"type": "manual", "label": "Publish?"},
    {"type": "trigger", "label": "Deploy", "trigger_project_slug": "deploy", "trigger_branch": "main"},
]
_HOSTS = {"legacy": "bitbucket.org", "upkeep": "git.acme.example"}


def add_pipelines(backend: Backend) -> None:
    acme, globex = backend.organizations["acme"], backend.organizations["globex"]
    _add_pipeline(backend, acme, "Web", _WEB, tags=("rails", ":ruby:"), emoji=":globe_with_meridians:", color="#14CC80")
    _add_pipeline(backend, acme, "API", _API, description="The public API", branch_configuration=None)
    _add_pipeline(backend, acme, "Deploy", _DEPLOY, visibility="public", allow_rebuilds=False)
    _add_pipeline(backend, acme, "iOS", _IOS, skip_queued_branch_builds=True, skip_queued_branch_builds_filter="!main")
    _add_pipeline(backend, acme, "Docs", None, branch_configuration="main docs/*", env={"TZ": "UTC"})
    _add_pipeline(backend, acme, "Nightly", _NIGHTLY, default_timeout_in_minutes=30, maximum_timeout_in_minutes=120)
    _add_pipeline(backend, acme, "Upkeep", _UPKEEP)
    _add_pipeline(backend, acme, "Zoo", _ZOO, description="Jobs in every state")
    _add_pipeline(backend, acme, "Legacy", _DEPLOY, archived_at=backend.epoch - 10 * DAY, cluster_id=None)
    _add_pipeline(backend, globex, "Rockets", _API)


def _add_pipeline(
    backend: Backend, organization: Organization, name: str, configuration: str | None, **attributes: Any
) -> None:
    number = backend.new_number(Kind.PIPELINE)
    slug = name.lower()

    def new_id() -> str:
        return backend.new_id(Kind.STEP)

    env: dict[str, str] = {}
    if configuration is None:
        steps = from_visual(_DOCS_STEPS, new_id)
    else:
        steps, env = from_configuration(configuration, new_id)
    repository = f"git@{_HOSTS.get(slug, 'github.com')}:{organization.slug}/{slug}.git"
    values: dict[str, Any] = {
        "env": env or None,
        "cluster_id": next(iter(organization.clusters)),
        "provider_id": provider_of(repository),
        "provider_settings": default_settings(repository),
        **attributes,
    }
    organization.pipelines[slug] = Pipeline(
        id=backend.ids.make(Kind.PIPELINE, number),
        organization=organization,
        slug=slug,
        name=name,
        repository=repository,
        created_at=backend.epoch - 400 * DAY + DAY * number,
        created_by=organization.members[number % len(organization.members)],
        configuration=configuration,
        steps=tuple(
            attrs.evolve(step, signature=_signature(step.id)) if step.key == "lint" else step for step in steps
        ),
        **values,
    )


def _signature(step_id: str) -> dict[str, Any]:
    return {
        "value": f"eyJhbGciOiJFZERTQSJ9..{digest('signature', step_id)}",
        "algorithm": "EdDSA",
        "signed_fields": ["command", "env", "matrix", "plugins", "repository_url"],
    }
