"""Licences and sizes of what an installation contains, from its bill of materials."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen
from packaging.utils import canonicalize_name
from tests.packaging.sbom import SIZE

#: SPDX identifiers, and "BSD" for packages whose metadata does not name the variant.
PERMISSIVE = frozenset(
    {"0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"}
)
#: The copyleft of the MPL is limited to its own files: a program that only uses these packages has no obligations.
FILE_COPYLEFT = {"certifi": "MPL-2.0", "hypothesis": "MPL-2.0"}
#: Classifiers of packages that have no licence expression.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: MIT License": "MIT",
}
#: The most that each extra may install, in MB of 1,000,000 bytes, compiled modules included.
MAX_MB = {"": 45, "mock": 70, "conformance": 115}


@frozen
class Package:
    """An installed package."""

    name: str
    version: str
    licence: str
    size: int
    """In bytes, with compiled modules."""

    @property
    def megabytes(self) -> str:
        return f"{self.size / 1_000_000:.1f}"


def read(path: Path) -> list[Package]:
    """Return the packages of a bill in a file."""
    return packages(json.loads(path.read_bytes()))


def packages(bill: dict[str, Any]) -> list[Package]:
    """Return the packages of a bill, this one first."""
    components = [bill["metadata"]["component"], *bill["components"]]
    found = [
        Package(each["name"], each["version"], licence(each), int(*_values(each.get("properties", ()), SIZE)))
        for each in components
    ]
    return [found[0], *sorted(found[1:], key=lambda package: canonicalize_name(package.name))]


def licence(component: dict[str, Any]) -> str:
    """Return the licence expression of a component: what it declares, otherwise that of its classifier, or ""."""
    declared = component.get("licenses", [])
    identifiers = [each.get("expression") or each["license"].get("id") for each in declared]
    names = [each["license"]["name"] for each in declared if "name" in each.get("license", {})]
    found = [*filter(None, identifiers)] or [CLASSIFIERS[name] for name in names if name in CLASSIFIERS]
    return " AND ".join(dict.fromkeys(found))


def licence_problem(package: Package) -> str | None:
    """Return why the licence of a package is refused, in one line, or None."""
    if FILE_COPYLEFT.get(package.name) == package.licence or is_permissive(package.licence):
        return None
    return f"{package.name} {package.version} has the licence {package.licence or 'unknown'}"


def is_permissive(expression: str) -> bool:
    """Return whether one alternative of an SPDX expression consists of permissive licences. Unknown ones are not."""
    alternatives = expression.split(" OR ")
    return any(all(name in PERMISSIVE for name in each.split(" AND ")) for each in alternatives)


def _values(properties: list[dict[str, str]], name: str) -> Iterator[str]:
    return (each["value"] for each in properties if each["name"] == name)
