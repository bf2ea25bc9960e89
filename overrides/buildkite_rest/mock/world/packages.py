"""Packages: files in a registry, whose names tell what they hold."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import attrs

from ..errors import BadRequestError
from ..ids import Kind
from .package_names import parts_of

if TYPE_CHECKING:
    from .registries import Registry
    from .world import World

_LONGEST_NAME = 255
#: Ecosystems of plain files, whose names must have a certain form, and those whose packages can be copied. Only `ruby`
#: is documented as a word of the API, so other words for the same are taken too.
_FILES = frozenset({"file", "files", "generic"})
_COPYABLE = _FILES | {
    "alpine", "apk", "debian", "deb", "javascript", "npm", "python", "pypi", "redhat", "red-hat", "rpm", "ruby", "gem",
}  # fmt: skip
_FILE_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)-(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+?)?(?:\+[0-9A-Za-z.-]+?)?)(?:\.tar)?\.[A-Za-z0-9]+"
)


@attrs.define(kw_only=True, eq=False)
class Package:
    """One file of a registry."""

    id: str
    registry: Registry
    path: str
    content: bytes = attrs.field(repr=False)
    created_at: float
    name: str
    version: str | None = None
    variant: str | None = None
    sha256: str = attrs.field(init=False)
    sha512: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.sha512 = hashlib.sha512(self.content).hexdigest()


def publish(world: World, registry: Registry, filename: str, content: bytes, now: float) -> Package:
    """Put a file into a registry, or refuse it."""
    said = _said_by(registry, filename)
    if any(package.path == filename for package in registry.packages.values()):
        raise BadRequestError(f"{filename} is in the registry already")
    package = Package(
        id=world.new_id(Kind.PACKAGE), registry=registry, path=filename, content=content, created_at=now, **said
    )
    registry.packages[package.id] = package
    return package


def copy(world: World, package: Package, registry: Registry, now: float) -> Package:
    """Put a package into another registry too."""
    if package.registry.ecosystem not in _COPYABLE:
        raise BadRequestError(f"Packages of the ecosystem {package.registry.ecosystem} cannot be copied")
    if registry.ecosystem != package.registry.ecosystem:
        raise BadRequestError(f"{registry.slug} is a registry of another ecosystem")
    return publish(world, registry, package.path, package.content, now)


def find_package(world: World, package_id: str) -> Package | None:
    """Find a package anywhere."""
    registries = (entry for owner in world.organizations.values() for entry in owner.registries.values())
    return next((entry.packages[package_id] for entry in registries if package_id in entry.packages), None)


def base_name(filename: str) -> str:
    """Return the name of a file without folders, or refuse a name that no file can have."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    if name in {"", ".", ".."} or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadRequestError("The file has no name that can be used")
    return name


def _said_by(registry: Registry, filename: str) -> dict[str, str]:
    """Return the fields of a package that its name gives. Without a version it is the name of the package."""
    if registry.ecosystem in _FILES:
        match = _FILE_NAME.fullmatch(filename)
        if match is None:
            raise BadRequestError("Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}")
        return match.groupdict()
    name, version, variant = parts_of(filename) or (filename, "", "")
    fields = {"name": name, "version": version, "variant": variant}
    return {field: value for field, value in fields.items() if value}
