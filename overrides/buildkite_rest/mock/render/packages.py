"""Packages as JSON."""

from __future__ import annotations

from ..clock import iso
from ..world.packages import Package
from .registries import organization_reference, registry_page, registry_reference, registry_url
from .view import Json, View


def listed_package(view: View, entry: Package, download_url: str) -> Json:
    """Write a package as lists show it."""
    return {
        "id": entry.id,
        "url": f"{registry_url(view, entry.registry)}/packages/{entry.id}",
        "web_url": f"{registry_page(entry.registry)}/packages/{entry.id}",
        "name": entry.name,
        "version": entry.version,
        "variant": entry.variant,
        "created_at": f"{iso(entry.created_at)[:19]}Z",
        "metadata": {"filename": entry.path, "file_size": len(entry.content), "download_url": download_url},
        "digests": {"sha256": entry.sha256, "sha512": entry.sha512},
    }


def package(view: View, entry: Package, download_url: str) -> Json:
    """Write a package."""
    return {
        **listed_package(view, entry, download_url),
        "organization": organization_reference(view, entry.registry.organization),
        "registry": registry_reference(view, entry.registry),
    }
