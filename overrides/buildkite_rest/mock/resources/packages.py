"""Packages: published as files or from storage, copied, deleted. All operations succeed with 200."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import attrs
import msgspec

from .. import lookup
from ..backend import DAY, Backend
from ..clock import iso, iso_seconds
from ..http.bodies import File
from ..http.call import Call, Reply, json
from ..http.collection import Collection
from ..http.errors import BadRequestError, ForbiddenError
from ..http.origins import is_ip
from ..http.pagination import cursor_page
from ..http.routing import Routes
from ..http.signed_urls import signed_url
from ..ids import Kind, seeded_random
from ..rendering import RenderContext
from ..undo import stored
from ..values import Json
from .package_names import parts_of
from .registries import (
    Registry,
    organization_reference_json,
    registries,
    registry_reference_json,
    registry_url,
    registry_web_url,
)

_LONGEST_NAME = 255
#: Ecosystems of plain files, whose names must match `_FILE_NAME`, and those whose packages can be copied. Only `ruby`
#: is documented, so that synonyms of the others are accepted too.
_FILES = frozenset({"file", "files", "generic"})
_COPYABLE = _FILES | {
    "alpine", "apk", "debian", "deb", "javascript", "npm", "python", "pypi", "redhat", "red-hat", "rpm", "ruby", "gem",
}  # fmt: skip
_FILE_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9-]+)-(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+?)?(?:\+[0-9A-Za-z.-]+?)?)(?:\.tar)?\.[A-Za-z0-9]+"
)


@stored
class Package:
    """A file in a registry."""

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


def publish(backend: Backend, registry: Registry, filename: str, content: bytes, now: float) -> Package:
    fields = _fields_of_filename(registry, filename)
    if any(package.path == filename for package in registry.packages.values()):
        raise BadRequestError(f"{filename} already exists in the registry")
    package = Package(
        id=backend.new_id(Kind.PACKAGE), registry=registry, path=filename, content=content, created_at=now, **fields
    )
    registry.packages[package.id] = package
    return package


def publish_copy(backend: Backend, package: Package, registry: Registry, now: float) -> Package:
    """Publish a package to another registry."""
    if package.registry.ecosystem not in _COPYABLE:
        raise BadRequestError(f"Packages of the ecosystem {package.registry.ecosystem} cannot be copied")
    if registry.ecosystem != package.registry.ecosystem:
        raise BadRequestError(f"{registry.slug} is a registry of another ecosystem")
    return publish(backend, registry, package.path, package.content, now)


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


def _fields_of_filename(registry: Registry, filename: str) -> dict[str, str]:
    """Return the name, version and variant in a file name. Without a version the file name is the package's name."""
    if registry.ecosystem in _FILES:
        match = _FILE_NAME.fullmatch(filename)
        if match is None:
            raise BadRequestError("Invalid filename format. Expected: {BASENAME}-{SEMVER}.{EXT}")
        return match.groupdict()
    name, version, variant = parts_of(filename) or (filename, "", "")
    fields = {"name": name, "version": version, "variant": variant}
    return {field: value for field, value in fields.items() if value}


#: Seconds for which an upload form is valid.
FORM_LIFE_SECONDS = 900
UPLOAD_PATH = "/packages"
_FILE_INPUT = "file"
_FILENAME = "${filename}"


def upload_form(backend: Backend, storage_url: str) -> Json:
    """Return a signed form for the upload of one file."""
    prefix = f"uploads/{backend.new_id(Kind.PACKAGE_UPLOAD)}"
    key, stamp = f"{prefix}/{_FILENAME}", iso(backend.clock())[:19].replace("-", "").replace(":", "") + "Z"
    conditions = {"expiration": iso(backend.clock() + FORM_LIFE_SECONDS), "key": key}
    policy = base64.b64encode(msgspec.json.encode(conditions)).decode()
    data = {
        "key": key,
        "acl": "private",
        "policy": policy,
        "x-amz-credential": f"MOCK/{stamp[:8]}/us-east-1/s3/aws4_request",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-date": stamp,
        "x-amz-signature": _policy_signature(backend, policy),
    }
    form = {"method": "POST", "url": f"{storage_url}{UPLOAD_PATH}", "file_input": _FILE_INPUT, "data": data}
    return {"uri": f"s3://packages-storage/{prefix}", "form": form}


def uploaded_key(storage_url: str, package_url: str) -> str:
    """Return the storage key in the URL of an uploaded file, or an empty string if it is not such a URL.

    The host may differ from `storage_url`: that of a form depends on the host that the client used for the API.
    """
    try:
        expected, url = (urlsplit(each) for each in (storage_url, package_url))
        same_port = (url.scheme, url.port) == (expected.scheme, expected.port)
    except ValueError:
        return ""
    names = {expected.hostname or "", url.hostname or ""}
    if not same_port or not (len(names) == 1 or all(name == "localhost" or is_ip(name) for name in names)):
        return ""
    prefix = f"{UPLOAD_PATH}/"
    return unquote(url.path[len(prefix) :]) if url.path.startswith(prefix) else ""


def store_upload(backend: Backend, form: Mapping[str, str | File]) -> None:
    """Store the file of a signed form, or raise 403 if it is invalid or has expired."""
    policy, signature = (_form_text(form, name) for name in ("policy", "x-amz-signature"))
    if not hmac.compare_digest(signature.encode(), _policy_signature(backend, policy).encode()):
        raise ForbiddenError("The signature does not match")
    conditions = msgspec.json.decode(base64.b64decode(policy), type=dict[str, str])
    if iso(backend.clock()) >= conditions["expiration"]:
        raise ForbiddenError("Policy expired")
    if _form_text(form, "key") != conditions["key"] or _form_text(form, "acl") != "private":
        raise ForbiddenError("Policy condition failed")
    name, file = list(form.items())[-1]
    if name != _FILE_INPUT or not isinstance(file, File):
        raise BadRequestError(f"The last field must be {_FILE_INPUT}, with a file")
    backend.uploads[conditions["key"].replace(_FILENAME, base_name(file.name))] = file.content


def _form_text(form: Mapping[str, str | File], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _policy_signature(backend: Backend, policy: str) -> str:
    return hmac.new(backend.signing_key, f"upload\n{policy}".encode(), hashlib.sha256).hexdigest()


def listed_package_json(context: RenderContext, package: Package, download_url: str) -> Json:
    """Return a package as JSON, as in lists."""
    return {
        "id": package.id,
        "url": f"{registry_url(context, package.registry)}/packages/{package.id}",
        "web_url": f"{registry_web_url(package.registry)}/packages/{package.id}",
        "name": package.name,
        "version": package.version,
        "variant": package.variant,
        "created_at": iso_seconds(package.created_at),
        "metadata": {"filename": package.path, "file_size": len(package.content), "download_url": download_url},
        "digests": {"sha256": package.sha256, "sha512": package.sha512},
    }


def package_json(context: RenderContext, package: Package, download_url: str) -> Json:
    return {
        **listed_package_json(context, package, download_url),
        "organization": organization_reference_json(context, package.registry.organization),
        "registry": registry_reference_json(context, package.registry),
    }


routes = Routes()
_packages = Collection(
    noun="package",
    path=f"{registries.item_path}/packages",
    key="package_id",
    objects=lambda call: registries.find(call).packages,
    render=lambda call, package: package_json(lookup.render_context(call), package, _download_url(call, package)),
)
_packages.add_read_route(routes, scope="read_packages")
_packages.add_delete_route(routes, scope="delete_packages", status=200)


@routes.route("GET", _packages.path, scope="read_packages")
def list_packages(call: Call) -> Reply:
    """List packages, optionally by name, newest first."""
    name = call.query.text("name")
    packages = [package for package in registries.find(call).packages.values() if name in (None, package.name)]
    context = lookup.render_context(call)
    return cursor_page(
        call,
        packages[::-1],
        lambda package: package.id,
        lambda package: listed_package_json(context, package, _download_url(call, package)),
    )


@routes.route("POST", _packages.path, scope="write_packages")
def publish_package(call: Call) -> Reply:
    """Publish a file, or a file that was uploaded to storage. An upload can be published once."""
    registry = registries.find(call)
    match call.body:
        case {"file": File() as file}:
            published = publish(call.backend, registry, base_name(file.name), file.content, call.now)
        case {"package_url": str() as url}:
            key = uploaded_key(call.storage_url, url)
            if key not in call.backend.uploads:
                raise BadRequestError("Nothing was uploaded to package_url")
            published = publish(call.backend, registry, base_name(key), call.backend.uploads[key], call.now)
            del call.backend.uploads[key]
        case _:
            raise BadRequestError("The body must have either file, with the name of the file, or package_url")
    return _packages.respond(call, published)


@routes.route("POST", f"{_packages.path}/upload", scope="write_packages")
def create_package_upload(call: Call) -> Reply:
    """Return a form for an upload to storage."""
    registries.find(call)
    return json(upload_form(call.backend, call.storage_url))


@routes.route("POST", f"{_packages.item_path}/copy", scope=("read_packages", "write_packages"))
def copy_package(call: Call) -> Reply:
    """Copy a package to another registry of the same ecosystem."""
    package = _packages.find(call)
    target = package.registry.organization.registries.get((call.query.text("to") or "").lower())
    if target is None:
        raise BadRequestError("to is not a registry of this organization")
    return _packages.respond(call, publish_copy(call.backend, package, target, call.now))


def _download_url(call: Call, package: Package) -> str:
    return signed_url(call.backend, call.storage_url, package)


#: Names of files, by the slug of their registry.
_SEEDED_FILES = {
    "gems": (
        "shop-core-2.3.0.gem", "shop-core-2.4.0.gem", "shop-core-2.4.1.gem", "shop-core-2.4.1-x86_64-linux.gem",
        "shop-mail-1.0.0.gem", "shop-mail-1.1.0.gem", "shop-tax-0.9.0.gem", "shop-tax-0.9.1.gem",
    ),
    "gems-stable": ("shop-core-2.3.0.gem",),
    "debs": ("shop-agent_1.4-2_amd64.deb", "shop-agent_1.4-2_arm64.deb", "shop-agent_1.5-1_amd64.deb"),
    "wheels": ("shop_data-3.0.1.tar.gz", "shop_data-3.0.1-py3-none-any.whl"),
    "downloads": ("kiosk-2.3.1-beta.1.img", "kiosk-2.3.1.img"),
    "charts": ("shop-0.3.0.tgz",),
}  # fmt: skip
_LARGEST_SEEDED = 4096


def add_packages(backend: Backend) -> None:
    for organization in backend.organizations.values():
        for slug, files in _SEEDED_FILES.items():
            for number, filename in enumerate(files):
                rng = seeded_random(filename)
                content = rng.randbytes(rng.randint(1, _LARGEST_SEEDED))
                publish(backend, organization.registries[slug], filename, content, backend.epoch - (10 - number) * DAY)
