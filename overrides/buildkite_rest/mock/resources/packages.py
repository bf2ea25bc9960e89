"""Packages: published as files or from storage, copied, deleted. All operations succeed with 200."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.multipart import File
from ..engine.pages import cursor_page
from ..engine.reply import Reply, json
from ..engine.routes import Routes
from ..errors import BadRequestError
from ..render.packages import listed_package
from ..render.packages import package as render
from ..storage import signed_url
from ..upload_forms import upload_form, uploaded_key
from ..world.packages import Package, base_name, copy, publish
from . import lookup
from .registries import registries

routes = Routes()
_packages = Collection(
    noun="package",
    path=f"{registries.item_path}/packages",
    key="package_id",
    shelf=lambda call: registries.find(call).packages,
    render=lambda call, package: render(lookup.view(call), package, _download_url(call, package)),
)
_packages.reads(routes, scope="read_packages")
_packages.deletes(routes, scope="delete_packages", status=200)


@routes.route("GET", _packages.path, scope="read_packages")
def list_packages(call: Call) -> Reply:
    """List packages, those with a name if one is asked for, newest first."""
    name = call.query.text("name")
    found = [package for package in registries.find(call).packages.values() if name in (None, package.name)]
    view = lookup.view(call)
    return cursor_page(
        call,
        found[::-1],
        lambda package: package.id,
        lambda package: listed_package(view, package, _download_url(call, package)),
    )


@routes.route("POST", _packages.path, scope="write_packages")
def publish_package(call: Call) -> Reply:
    """Publish a file, or what was uploaded to storage before. Such an upload can be published once."""
    registry = registries.find(call)
    match call.body:
        case {"file": File() as file}:
            published = publish(call.world, registry, base_name(file.name), file.content, call.now)
        case {"package_url": str() as url}:
            key = uploaded_key(call.storage_url, url)
            if key not in call.world.uploads:
                raise BadRequestError("Nothing was uploaded to package_url")
            published = publish(call.world, registry, base_name(key), call.world.uploads[key], call.now)
            del call.world.uploads[key]
        case _:
            raise BadRequestError("The body must have either file, with the name of the file, or package_url")
    return _packages.answer(call, published)


@routes.route("POST", f"{_packages.path}/upload", scope="write_packages")
def create_package_upload(call: Call) -> Reply:
    """Let a file be sent to storage for a while."""
    registries.find(call)
    return json(upload_form(call.world, call.storage_url))


@routes.route("POST", f"{_packages.item_path}/copy", scope=("read_packages", "write_packages"))
def copy_package(call: Call) -> Reply:
    """Copy a package to another registry of the same ecosystem."""
    package = _packages.find(call)
    target = package.registry.organization.registries.get((call.query.text("to") or "").lower())
    if target is None:
        raise BadRequestError("to is no registry of this organization")
    return _packages.answer(call, copy(call.world, package, target, call.now))


def _download_url(call: Call, package: Package) -> str:
    return signed_url(call.world, call.storage_url, package)
