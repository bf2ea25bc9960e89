"""Package registries, their tokens and packages. All operations succeed with 200, and none documents a 422."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import attrs

from .. import lookup
from ..backend import Backend
from ..clock import iso_seconds
from ..http.bodies import File
from ..http.call import Call, Reply, json
from ..http.errors import BadRequestError, ForbiddenError
from ..http.routing import routes
from ..ids import digest
from ..undo import stored
from ..values import Json
from .artifacts import signed_url, url_signature
from .resource import Resource, Values, derive_slug, field, no_values
from .users import User
from .yaml_documents import policy_text

if TYPE_CHECKING:
    from .organizations import Organization


@stored
class Registry:
    """A package registry of one ecosystem."""

    id: str
    organization: Organization = field(hidden=True)
    slug: str
    name: str = field(settable=True)
    ecosystem: str = field(settable=True)
    description: str | None = field(default=None, settable=True)
    emoji: str | None = field(default=None, settable=True)
    color: str | None = field(default=None, settable=True)
    public: bool = False
    oidc_policy: str | None = field(default=None, settable=True, convert=policy_text)
    teams: tuple[str, ...] = field(default=(), hidden=True)
    tokens: dict[str, RegistryToken] = field(factory=dict[str, "RegistryToken"], hidden=True)
    #: Oldest first.
    packages: dict[str, Package] = field(factory=dict[str, "Package"], hidden=True)


@stored
class RegistryToken:
    """A token for reading the packages of a registry."""

    id: str
    description: str = field(settable=True)
    created_at: float
    created_by: User


def _reference_json(call: Call, registry: Registry) -> Json:
    """Return the reference to a registry in its packages and tokens."""
    body = registries.json(call, registry)
    return {name: body[name] for name in ("id", "graphql_id", "slug", "url", "web_url")}


def _prepare(call: Call, values: Values, registry: Registry | None) -> None:
    """Check fields. The slug is derived from the name, also from a new one."""
    derive_slug(values, lookup.organization(call).registries.values(), registry, BadRequestError)
    if registry is None:
        values["teams"] = tuple(team.id for team in lookup.named_teams(call))
    else:
        values.pop("ecosystem", None)


registries = Resource(
    type=Registry,
    computed={"team_ids": lambda _, item: [each for each in item.teams if each in item.organization.teams]},
    path="/v2/packages/organizations/{org}/registries",
    key="registry",
    key_name="slug",
    web_path="/organizations/{org}/packages/registries/{registry}",
    objects=lambda call: lookup.organization(call).registries,
    scope="registries",
    delete_scope="delete_registries",
    update_methods=("POST", "PATCH", "PUT"),
    statuses=(200, 200),
    paging="none",
    prepare=_prepare,
)
registry_tokens = Resource(
    type=RegistryToken,
    computed={
        "organization": lambda call, _: lookup.organization_reference_json(call),
        "registry": lambda call, _: _reference_json(call, registries.find(call)),
    },
    path=f"{registries.item_path}/tokens",
    key="token_id",
    objects=lambda call: registries.find(call).tokens,
    scope="registries",
    update_methods=("POST",),
    statuses=(200, 200),
    paging="none",
    extra_of_new=lambda call, token: {"token": f"bkpr_{digest('registry', call.backend.seed, token.id)}"},
)


_LONGEST_NAME = 255
#: Ecosystems of plain files, whose names must match `_FILE_NAME`, and those whose packages can be copied.
_FILES = frozenset({"file", "files", "generic"})
_COPYABLE = _FILES | {
    "alpine", "apk", "debian", "deb", "javascript", "npm", "python", "pypi", "redhat", "red-hat", "rpm", "ruby", "gem",
}  # fmt: skip
_FILE_NAME = re.compile(
    r"(?P<name>.+?)[-_](?P<version>\d.*?)(?:_(?P<variant>[a-z][a-z0-9]*))?(?:\.tar)?\.[a-z0-9]+", re.IGNORECASE
)


@stored
class Package:
    """A file in a registry."""

    id: str
    registry: Registry = field(hidden=True)
    path: str = field(hidden=True)
    content: bytes = field(hidden=True)
    created_at: float = field(render=iso_seconds)
    name: str
    version: str | None = None
    variant: str | None = None
    digests: Mapping[str, str]


def publish(backend: Backend, registry: Registry, filename: str, content: bytes, now: float) -> Package:
    fields = _fields_of_filename(registry, filename)
    if any(package.path == filename for package in registry.packages.values()):
        raise BadRequestError(f"{filename} already exists in the registry")
    package = Package(
        id=backend.new_id(),
        registry=registry,
        path=filename,
        content=content,
        created_at=now,
        digests={name: hashlib.new(name, content).hexdigest() for name in ("sha256", "sha512")},
        **fields,
    )
    registry.packages[package.id] = package
    return package


def find_package(backend: Backend, package_id: str) -> Package | None:
    """Find a package of any organization."""
    registries = (entry for owner in backend.organizations.values() for entry in owner.registries.values())
    return next((entry.packages[package_id] for entry in registries if package_id in entry.packages), None)


def base_name(filename: str) -> str:
    """Return the name of a file without folders, or raise 400 if it is not a valid file name."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    if name in {"", ".", ".."} or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadRequestError("The file does not have a valid name")
    return name


def _fields_of_filename(registry: Registry, filename: str) -> dict[str, Any]:
    """Return the name, version and variant in a file name. Without a version the file name is the package's name."""
    match = _FILE_NAME.fullmatch(filename)
    if match is None and registry.ecosystem in _FILES:
        raise BadRequestError("Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}")
    return {"name": filename} if match is None else match.groupdict()


UPLOAD_PATH = "/packages"
_FILE_INPUT = "file"
_FILENAME = "${filename}"


def upload_form(backend: Backend, storage_url: str) -> Json:
    """Return a signed form for the upload of one file."""
    prefix = f"uploads/{backend.new_id()}"
    key = f"{prefix}/{_FILENAME}"
    data = {"key": key, "acl": "private", "x-amz-signature": url_signature(backend, key, UPLOAD_PATH)}
    form = {"method": "POST", "url": f"{storage_url}{UPLOAD_PATH}", "file_input": _FILE_INPUT, "data": data}
    return {"uri": f"s3://packages-storage/{prefix}", "form": form}


def store_upload(backend: Backend, form: Mapping[str, str | File]) -> None:
    """Store the file of a signed form, or raise 403 if the signature is invalid."""
    key, signature = str(form.get("key")), str(form.get("x-amz-signature"))
    if not hmac.compare_digest(signature.encode(), url_signature(backend, key, UPLOAD_PATH).encode()):
        raise ForbiddenError("The signature does not match")
    name, file = list(form.items())[-1]
    if name != _FILE_INPUT or not isinstance(file, File):
        raise BadRequestError(f"The last field must be {_FILE_INPUT}, with a file")
    backend.uploads[key.replace(_FILENAME, base_name(file.name))] = file.content


def _owners(call: Call, package: Package) -> Json:
    """Return what lists leave out: the organization and the registry."""
    return {
        "organization": lookup.organization_reference_json(call),
        "registry": _reference_json(call, package.registry),
    }


def _metadata(call: Call, package: Package) -> Json:
    """Return the name, size and URL of the file."""
    url = signed_url(call.backend, call.storage_url, package)
    return {"filename": package.path, "file_size": len(package.content), "download_url": url}


packages = Resource(
    type=Package,
    computed={"metadata": _metadata},
    path=f"{registries.item_path}/packages",
    key="package_id",
    has_graphql_id=False,
    audited=False,
    web_path="/organizations/{org}/packages/registries/{registry}/packages/{package_id}",
    objects=lambda call: registries.find(call).packages,
    scope="packages",
    delete_scope="delete_packages",
    operations=("list", "get", "delete"),
    statuses=(200, 200),
    paging="cursor",
    select=lambda call, items: [each for each in items[::-1] if call.query.text("name") in (None, each.name)],
    extra=_owners,
    extra_of_item=no_values,
)


@routes.route("POST", packages.path, scope="write_packages")
def publish_package(call: Call) -> Reply:
    """Publish a file, or a file that was uploaded to storage. An upload can be published once."""
    registry = registries.find(call)
    match call.body:
        case {"file": File() as file}:
            name, content = file.name, file.content
        case {"package_url": str() as url}:
            key = unquote(url.partition(f"{UPLOAD_PATH}/")[2])
            if key not in call.backend.uploads:
                raise BadRequestError("Nothing was uploaded to package_url")
            name, content = key, call.backend.uploads.pop(key)
        case _:
            raise BadRequestError("The body must have either file, with the name of the file, or package_url")
    return packages.respond(call, publish(call.backend, registry, base_name(name), content, call.now))


@routes.route("POST", f"{packages.path}/upload", scope="write_packages")
def create_package_upload(call: Call) -> Reply:
    """Return a form for an upload to storage."""
    registries.find(call)
    return json(upload_form(call.backend, call.storage_url))


@routes.route("POST", f"{packages.item_path}/copy", scope=("read_packages", "write_packages"))
def copy_package(call: Call) -> Reply:
    """Copy a package to another registry of the same ecosystem."""
    package = packages.find(call)
    target = package.registry.organization.registries.get((call.query.text("to") or "").lower())
    if target is None:
        raise BadRequestError("to is not a registry of this organization")
    if package.registry.ecosystem not in _COPYABLE:
        raise BadRequestError(f"Packages of the ecosystem {package.registry.ecosystem} cannot be copied")
    if target.ecosystem != package.registry.ecosystem:
        raise BadRequestError(f"{target.slug} is a registry of another ecosystem")
    there = attrs.evolve(call, params={**call.params, "registry": target.slug})
    return packages.respond(there, publish(call.backend, target, package.path, package.content, call.now))
