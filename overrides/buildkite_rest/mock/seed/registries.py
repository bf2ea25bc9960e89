"""Package registries of several ecosystems, with tokens and packages. One is empty, one is stable."""

from __future__ import annotations

from ..ids import Kind, chance
from ..world.accounts import Organization
from ..world.packages import publish
from ..world.pipeline_edits import derived_slug
from ..world.registries import Registry, RegistryToken
from ..world.world import World
from .accounts import DAY, EPOCH

_POLICY = """\
- iss: https://agent.buildkite.com
  scopes:
    - read_packages
    - write_packages
  claims:
    organization_slug: acme
    build_branch:
      matches: [main, release/*]
"""
#: Name, ecosystem, description, policy, descriptions of tokens, names of files.
_REGISTRIES = (
    ("Gems", "ruby", "Gems under way", _POLICY, ("Servers of the shop", "Laptops", "Mirror"), (
        "shop-core-2.3.0.gem", "shop-core-2.4.0.gem", "shop-core-2.4.1.gem", "shop-core-2.4.1-x86_64-linux.gem",
        "shop-mail-1.0.0.gem", "shop-mail-1.1.0.gem", "shop-tax-0.9.0.gem", "shop-tax-0.9.1.gem",
    )),
    ("Gems Stable", "ruby", None, None, (), ("shop-core-2.3.0.gem",)),
    ("Debs", "debian", "What the servers run", None, ("Servers",), (
        "shop-agent_1.4-2_amd64.deb", "shop-agent_1.4-2_arm64.deb", "shop-agent_1.5-1_amd64.deb",
    )),
    ("Wheels", "python", None, None, (), ("shop_data-3.0.1.tar.gz", "shop_data-3.0.1-py3-none-any.whl")),
    ("Downloads", "files", "For everybody", None, (), ("kiosk-2.3.1-beta.1.img", "kiosk-2.3.1.img")),
    ("Charts", "helm", None, None, (), ("shop-0.3.0.tgz",)),
    ("Images", "container", "Nothing yet", None, (), ()),
)  # fmt: skip
_LARGEST = 4096


def add_registries(world: World) -> None:
    """Add registries to each organization."""
    for organization in world.organizations.values():
        for name, ecosystem, description, policy, tokens, files in _REGISTRIES:
            slug = derived_slug(name)
            registry = Registry(
                id=world.new_id(Kind.REGISTRY),
                organization=organization,
                slug=slug,
                name=name,
                ecosystem=ecosystem,
                description=description,
                emoji=":gem:" if ecosystem == "ruby" else None,
                color="#B01E3A" if ecosystem == "ruby" else None,
                oidc_policy=policy,
                team_ids=tuple(organization.teams)[: 1 + len(tokens)],
            )
            organization.registries[slug] = registry
            _fill(world, organization, registry, tokens, files)


def _fill(
    world: World, organization: Organization, registry: Registry, tokens: tuple[str, ...], files: tuple[str, ...]
) -> None:
    for number, description in enumerate(tokens):
        token = RegistryToken(
            id=world.new_id(Kind.REGISTRY_TOKEN),
            registry=registry,
            description=description,
            created_at=EPOCH - (15 - number) * DAY,
            created_by=organization.members[number % len(organization.members)],
        )
        registry.tokens[token.id] = token
    for number, filename in enumerate(files):
        luck = chance(filename)
        publish(world, registry, filename, luck.randbytes(luck.randint(1, _LARGEST)), EPOCH - (10 - number) * DAY)
