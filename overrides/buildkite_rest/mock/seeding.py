"""Seeded state: the same for the same seed. `seed/` has the users, and the objects of each organization."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from itertools import takewhile
from operator import attrgetter
from typing import Any

import attrs

from .._base.arguments import is_mapping
from .._base.json_values import is_array
from .arguments import Builds, Duration, Moment, check
from .backend import DAY, Backend
from .clock import Clock
from .ids import digest, seeded_random
from .resources.access_tokens import add_tokens
from .resources.clusters import SHAPES, Cluster
from .resources.hosted_agents import CacheVolume
from .resources.organizations import Organization, new_organization
from .resources.packages import Registry, publish
from .resources.pipelines import Pipeline, provider_of
from .resources.resource import Resource, declared, fields_of
from .resources.seeded_builds import add_builds
from .resources.steps import from_configuration, from_visual
from .resources.test_suites import Suite, Test
from .resources.undocumented import plan_json
from .resources.users import new_user
from .values import seed_document

#: Default number of builds.
DEFAULT_BUILDS = 300
_ORGANIZATIONS = ("acme", "globex")
#: Identifier of a seeded test plan.
_PLAN = "build-42"
_LARGEST_PACKAGE = 4096


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
    users = [new_user(backend, **entry) for entry in seed_document("users")]
    names = {**SHAPES, **{user.email.partition("@")[0]: user for user in users}}
    for slug in _ORGANIZATIONS:
        organization = new_organization(backend, slug, seed_document(slug)["name"])
        entry = {key: value for key, value in seed_document(slug).items() if key != "builds"}
        _Seed(backend, organization, {**names, slug: organization}).describe(organization, entry)
        for suite in organization.suites.values():
            suite.plans[_PLAN] = plan_json(suite, {"identifier": _PLAN, "parallelism": 2, "tests": {}})
    add_tokens(backend)
    for slug, organization in backend.organizations.items():
        add_builds(backend, organization, seed_document(slug)["builds"], builds)
    backend.seeded_builds = builds
    return backend


@attrs.frozen
class _Seed:
    """Objects of one organization by slug, key or name, while they are added."""

    backend: Backend
    organization: Organization
    names: dict[str, Any]

    def describe(self, item: Any, entry: Mapping[str, Any]) -> None:
        """Set attributes of an object, and add those that belong to it, in the order of the entry."""
        fields = fields_of(type(item))
        for key, value in entry.items():
            kind = _kind_of_items(fields, key)
            if key.startswith("$"):
                self.describe(self._find(key), value)
            elif kind is None:
                setattr(item, key, self._value(fields[key], value))
            else:
                for each in value:
                    add = _ADDERS.get(kind)
                    if add is None:
                        self._add(declared[kind], item, key, each)
                    else:
                        add(self, item, each)

    def _add(self, resource: Resource[Any], owner: Any, attribute: str, entry: Mapping[str, Any]) -> None:
        """Add an object. Its values are those of the entry before the first objects that belong to it."""
        fields = fields_of(resource.type)
        known = {resource.id_name: resource.new_id(self.backend), "cluster_id": getattr(owner, "id", None)}
        known |= {"organization": self.organization, "owner": owner, "ids": self.backend.ids}
        values = {key: value for key, value in known.items() if key in fields}
        own = dict(takewhile(lambda pair: _kind_of_items(fields, pair[0]) is None, entry.items()))
        item = self.named(resource.type(**values, **self.values(resource.type, own)))
        getattr(owner, attribute)[resource.key_of(item)] = item
        self.describe(item, {key: value for key, value in entry.items() if key not in own})

    def named(self, item: Any) -> Any:
        """Make an object available under its name, and return it."""
        name = next((getattr(item, name) for name in ("slug", "key", "name") if hasattr(item, name)), None)
        self.names[str(name)] = item
        return item

    def values(self, kind: type, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of an entry, which describes an object of this class, by attribute."""
        fields = fields_of(kind)
        return {key: self._value(fields[key], value) for key, value in entry.items()}

    def _value(self, field: attrs.Attribute[Any], value: object) -> Any:
        if is_array(value):
            container = {"tuple": tuple, "frozenset": frozenset}.get(str(field.type).partition("[")[0], list)
            return container(self._value(field, each) for each in value)
        if is_mapping(value):
            return {key: self._value(field, each) for key, each in value.items()}
        if isinstance(value, str) and value.startswith("$"):
            return self._find(value)
        if isinstance(value, int | float) and field.name.endswith(("_at", "flakes")):
            return self.backend.epoch + value * DAY
        return value

    def _find(self, reference: str) -> Any:
        name, _, attribute = reference[1:].partition(".")
        return attrgetter(attribute)(self.names[name]) if attribute else self.names[name]


def _kind_of_items(fields: Mapping[str, attrs.Attribute[Any]], name: str) -> str | None:
    """Return the name of the class of the objects in a collection, or None if an attribute is a value."""
    return _class_in(str(fields[name].type)) if name in fields else None


@cache
def _class_in(annotation: str) -> str | None:
    found = re.match(r"(?:dict\[str, |list\[)(\w+)\]", annotation)
    return found[1] if found is not None and (found[1] in declared or found[1] in _ADDERS) else None


def _add_package(seed: _Seed, registry: Registry, filename: str) -> None:
    rng = seeded_random(filename)
    content = rng.randbytes(rng.randint(1, _LARGEST_PACKAGE))
    publish(seed.backend, registry, filename, content, seed.backend.epoch - (10 - len(registry.packages)) * DAY)


def _add_volume(seed: _Seed, cluster: Cluster, entry: Mapping[str, Any]) -> None:
    identifier = f"vol-{digest('volume', seed.backend.new_id(), length=26)}"
    cluster.cache_volumes[entry["tag"]] = CacheVolume(id=identifier, **seed.values(CacheVolume, entry))


def _add_test(seed: _Seed, suite: Suite, entry: Mapping[str, Any]) -> None:
    index = len(suite.tests)
    test = Test(id=suite.test_id(index), suite=suite, index=index, **seed.values(Test, entry))
    suite.tests[test.id] = test


def _add_pipeline(seed: _Seed, organization: Organization, entry: Mapping[str, Any]) -> None:
    own = {key: value for key, value in entry.items() if key not in {"steps", "env", "signatures"}}
    values: dict[str, Any] = {"cluster_id": next(iter(organization.clusters)), **seed.values(Pipeline, own)}
    if "configuration" in entry:
        steps, env = from_configuration(entry["configuration"], seed.backend.new_id)
    else:
        steps, env = from_visual(entry["steps"], seed.backend.new_id), entry["env"]
    signatures = entry.get("signatures", {})
    provider, settings = provider_of(entry["repository"])
    pipeline = Pipeline(
        id=seed.backend.new_id(),
        organization=organization,
        env=env or None,
        steps=tuple(attrs.evolve(step, signature=signatures.get(step.key)) for step in steps),
        provider_id=provider,
        provider_settings=settings,
        **values,
    )
    organization.pipelines[pipeline.slug] = seed.named(pipeline)


_ADDERS: Mapping[str, Callable[[_Seed, Any, Any], None]] = {
    "CacheVolume": _add_volume,
    "Package": _add_package,
    "Pipeline": _add_pipeline,
    "Test": _add_test,
}
