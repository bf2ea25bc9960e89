"""Seeded state: the same for the same seed. `seed/` has the objects of each organization."""

from __future__ import annotations

import importlib.resources
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs
import yaml

from .arguments import Builds, Duration, Moment, check
from .backend import DAY, Backend
from .clock import Clock
from .ids import Kind, digest, seeded_random
from .resources import (
    administration,
    agents,
    cluster_secrets,
    clusters,
    hosted_agents,
    notification_services,
    packages,
    pipeline_templates,
    portals,
    schedules,
    teams,
)
from .resources import test_suites as suites
from .resources.access_tokens import add_tokens
from .resources.audit_events import add_audit_events
from .resources.organizations import Organization, add_organizations, add_settings, members
from .resources.pipelines import Pipeline, provider_of
from .resources.resource import Resource, fields_of
from .resources.seeded_builds import add_builds
from .resources.steps import Step, from_configuration, from_visual
from .resources.test_suites import Test
from .resources.undocumented import plan_json
from .resources.users import add_users

#: Default number of builds.
DEFAULT_BUILDS = 300
#: Resources by their key in a file, and the attribute of their owner that holds them.
_RESOURCES: Mapping[str, tuple[Resource[Any], str]] = {
    "members": (members, "memberships"),
    "agents": (agents.agents, "agents"),
    "clusters": (clusters.clusters, "clusters"),
    "queues": (clusters.queues, "queues"),
    "agent_tokens": (clusters.agent_tokens, "agent_tokens"),
    "secrets": (cluster_secrets.secrets, "secrets"),
    "agent_images": (hosted_agents.agent_images, "agent_images"),
    "maintainers": (clusters.cluster_maintainers, "members"),
    "pipeline_templates": (pipeline_templates.pipeline_templates, "pipeline_templates"),
    "portals": (portals.portals, "portals"),
    "rules": (administration.rules, "rules"),
    "teams": (teams.teams, "teams"),
    "team_members": (teams.team_members, "members"),
    "team_pipelines": (teams.team_pipelines, "pipelines"),
    "team_suites": (teams.team_suites, "suites"),
    "test_suites": (suites.suites, "suites"),
    "registries": (packages.registries, "registries"),
    "tokens": (packages.registry_tokens, "tokens"),
    "invitations": (administration.invitations, "invitations"),
    "schedules": (schedules.schedules, "schedules"),
    "notification_services": (notification_services.services, "notification_services"),
    "repository_connections": (administration.repository_connections, "repository_connections"),
}


def seeded_backend(
    seed: int = 0,
    *,
    builds: int = DEFAULT_BUILDS,
    clock: Clock = time.time,
    build_seconds: float = 2.0,
    epoch: float | None = None,
) -> Backend:
    """Create a backend with two organizations, their pipelines, about `builds` builds, agents and access tokens.

    Its history ends at `epoch`, in seconds since 1970, by default the last full hour before the time of the clock.

    Raises:
        ValueError: `builds`, `build_seconds` or the time of the clock is negative or too large.
    """
    check("builds", builds, Builds)
    check("build_seconds", build_seconds, Duration)
    check("the result of clock", clock(), Moment)
    if epoch is None:  # A full hour, so that two servers with the same seed have the same data.
        epoch = clock() // 3_600 * 3_600
    backend = Backend(seed=seed, clock=clock, build_seconds=build_seconds, epoch=epoch)
    add_users(backend)
    add_organizations(backend)
    _add(backend, "members")
    add_tokens(backend)
    _add(backend, "clusters")
    _complete_clusters(backend)
    _add(backend, "agents", "pipeline_templates")
    _add_pipelines(backend)
    _add(backend, "portals", "rules", "test_suites")
    _add_tests(backend)
    _add(backend, "teams", "registries")
    _add_packages(backend)
    _add(backend, "invitations", "schedules", "maintainers")
    add_settings(backend)
    _add(backend, "notification_services", "repository_connections")
    add_audit_events(backend)
    for organization in backend.organizations.values():
        add_builds(backend, organization, _document(organization.slug)["builds"], builds)
    backend.seeded_builds = builds
    return backend


@cache
def _document(slug: str) -> Mapping[str, Any]:
    text = (importlib.resources.files(__name__.rpartition(".")[0]) / "seed" / f"{slug}.yaml").read_text(
        encoding="utf-8"
    )
    document: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return document


def _add(backend: Backend, *names: str) -> None:
    """Add objects of these kinds to all organizations."""
    for name in names:
        for organization in backend.organizations.values():
            entries: list[Any] | dict[str, list[Any]] = _document(organization.slug).get(name, [])
            if isinstance(entries, list):
                _add_to(backend, organization, organization, name, entries)
                continue
            owners: Mapping[str, Any] = {cluster.name: cluster for cluster in organization.clusters.values()}
            for owner, entries_of_owner in entries.items():
                found = {**owners, **organization.pipelines}[owner]
                _add_to(backend, organization, found, name, entries_of_owner)


def _add_to(backend: Backend, organization: Organization, owner: Any, name: str, entries: list[Any]) -> None:
    resource, attribute = _RESOURCES[name]
    fields = fields_of(resource.type)
    for entry in entries:
        nested = {key: value for key, value in entry.items() if _is_nested(fields, key)}
        known: dict[str, Any] = {"organization": organization, "owner": owner, "ids": backend.ids}
        known["cluster_id"] = getattr(owner, "id", None)
        values = {key: value for key, value in known.items() if key in fields}
        if resource.id_kind is not None:
            values["uuid" if "uuid" in fields else "id"] = resource.new_id(backend)
        for key, value in entry.items():
            if key not in nested and key != "tests":
                values[key] = _value(backend, organization, fields[key], value)
        item = resource.type(**values)
        getattr(owner, attribute)[resource.key_of(item)] = item
        for key, value in nested.items():
            _add_to(backend, organization, item, key, value)


def _is_nested(fields: Mapping[str, attrs.Attribute[Any]], key: str) -> bool:
    """Return whether a key of an object has objects that belong to it."""
    attribute = fields.get(_RESOURCES[key][1]) if key in _RESOURCES else None
    return attribute is not None and str(attribute.type).startswith("dict[str, ")


def _value(  # noqa: PLR0911 - one for each kind of value
    backend: Backend, organization: Organization, field: attrs.Attribute[Any], value: Any
) -> Any:
    """Return the value of a field: times are days from the end of the history, other objects are named."""
    kind = str(field.type).removesuffix(" | None")
    if field.name.endswith("_at"):
        return backend.epoch + value * DAY
    if kind in {"User", "User | Team", "Pipeline", "Suite", "Queue", "InstanceShape"}:
        return _named(backend, organization, kind)[value]
    match field.name:
        case "assigned":
            by_slug = _named(backend, organization, "User | Team")
            return tuple((by_slug[slug], role) for slug, role in value)
        case "teams" | "scoped":
            every = (organization.teams, organization.pipelines, organization.clusters)
            owners: list[Any] = [owner for owners in every for owner in owners.values()]
            ids = {getattr(owner, "slug", owner.name): owner.id for owner in owners}
            return tuple(ids[name] for name in value)
        case "pipelines":
            return tuple(organization.pipelines[slug] for slug in value)
        case "flakes":
            return tuple(backend.epoch + days * DAY for days in value)
        case "cache_volumes":
            return [_volume(backend, volume) for volume in value]
        case _ if kind.startswith("tuple["):
            return tuple(value)
        case _ if kind.startswith("frozenset["):
            return frozenset(value)
        case _:
            return value


def _named(backend: Backend, organization: Organization, kind: str) -> Mapping[str, Any]:
    """Return the objects that a field of a type may have, by name."""
    match kind:
        case "User" | "User | Team":
            people = {user.email.partition("@")[0]: user for user in backend.users.values()}
            return people | {team.slug: team for team in organization.teams.values()}
        case "Pipeline":
            return organization.pipelines
        case "Suite":
            return organization.suites
        case "Queue":
            main = next(iter(organization.clusters.values()))
            return {queue.key: queue for queue in main.queues.values()}
        case _:
            return clusters.SHAPES


def _volume(backend: Backend, entry: Mapping[str, Any]) -> hosted_agents.CacheVolume:
    identifier = f"vol-{digest('volume', backend.new_id(Kind.CACHE_VOLUME), length=26)}"
    times = {key: backend.epoch + value * DAY for key, value in entry.items() if key.endswith("_at")}
    return hosted_agents.CacheVolume(id=identifier, **{**entry, **times})


def _complete_clusters(backend: Backend) -> None:
    """Set the default queues, and let the first hosted queue use the first image."""
    for organization in backend.organizations.values():
        for cluster in organization.clusters.values():
            cluster.default_queue = next(iter(cluster.queues.values()), None)
            if cluster.agent_images and cluster.default_queue is not None:
                cluster.default_queue.agent_image_ref = next(iter(cluster.agent_images.values())).ref


_LARGEST_PACKAGE = 4096


def _add_packages(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for slug, files in _document(organization.slug)["packages"].items():
            for number, filename in enumerate(files):
                rng = seeded_random(filename)
                content = rng.randbytes(rng.randint(1, _LARGEST_PACKAGE))
                packages.publish(
                    backend, organization.registries[slug], filename, content, backend.epoch - (10 - number) * DAY
                )


def _add_pipelines(backend: Backend) -> None:
    def new_id() -> str:
        return backend.new_id(Kind.STEP)

    for organization in backend.organizations.values():
        for entry in _document(organization.slug)["pipelines"]:
            fields = fields_of(Pipeline)
            values = {key: _value(backend, organization, fields[key], value) for key, value in entry.items()}
            if "configuration" in values:
                steps, env = from_configuration(values["configuration"], new_id)
            else:
                steps, env = from_visual(values.pop("steps"), new_id), values.pop("env")
            values.setdefault("cluster_id", next(iter(organization.clusters)))
            provider, settings = provider_of(values["repository"])
            organization.pipelines[values["slug"]] = Pipeline(
                id=backend.new_id(Kind.PIPELINE),
                organization=organization,
                env=env or None,
                steps=tuple(attrs.evolve(step, signature=_signature(step)) for step in steps),
                provider_id=provider,
                provider_settings=settings,
                **values,
            )


def _signature(step: Step) -> dict[str, Any] | None:
    """Return the signature of a step. Some agents sign them."""
    if step.key != "lint":
        return None
    names = ["command", "env", "matrix", "plugins", "repository_url"]
    value = f"eyJhbGciOiJFZERTQSJ9..{digest('signature', step.id)}"
    return {"value": value, "algorithm": "EdDSA", "signed_fields": names}


#: Identifier of a seeded test plan.
_PLAN = "build-42"


def _add_tests(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for entry in _document(organization.slug)["test_suites"]:
            suite, fields = organization.suites[entry["slug"]], fields_of(Test)
            for index, values in enumerate(entry.get("tests", ())):
                attributes = {key: _value(backend, organization, fields[key], value) for key, value in values.items()}
                test = Test(id=suite.test_id(index), suite=suite, index=index, **attributes)
                suite.tests[test.id] = test
            suite.plans[_PLAN] = plan_json(suite, {"identifier": _PLAN, "parallelism": 2, "tests": {}})
