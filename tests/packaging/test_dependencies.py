"""What pip installs with each extra: licences and sizes."""

import json
import re

import pytest
from tests.packaging import programs
from tests.packaging.project import ROOT, extras

#: SPDX identifiers, and the names of classifiers for packages whose metadata has no expression.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"),
    *("Apache Software License", "BSD License", "MIT License"),
}
#: The copyleft of the MPL is limited to its own files: a program that only uses these packages has no obligations.
FILE_COPYLEFT = {"certifi": "MPL-2.0", "hypothesis": "MPL-2.0"}
#: The most that each extra may install, in MB of 1,000,000 bytes, compiled modules included.
MAX_MB = {"": 40, "mock": 65, "conformance": 110}


def is_permissive(expression):
    """Return whether one alternative of an SPDX expression consists of permissive licences. Unknown ones are not."""
    return any(all(name in PERMISSIVE for name in each.split(" AND ")) for each in expression.split(" OR "))


@pytest.mark.installs
@pytest.mark.parametrize("extra", MAX_MB, ids=lambda extra: extra or "none")
def test_licences_and_sizes(extra, with_extra):
    found = json.loads(with_extra(extra).script(programs.PACKAGES))
    assert found
    refused = {name: licence for name, (licence, _) in found.items() if not is_permissive(licence)}
    assert refused.items() <= FILE_COPYLEFT.items()
    assert sum(size for _, size in found.values()) <= MAX_MB[extra] * 1_000_000


def test_the_page_has_the_limit_of_each_extra_and_the_licences():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `buildkite-rest(?:\[(\w+)\])?` \|.* (\d+) MB \|$", page, re.MULTILINE)
    assert {extra: int(limit) for extra, limit in found} == MAX_MB
    assert sorted(MAX_MB) == ["", *extras()]
    assert all(f"`{name}`" in page for name in FILE_COPYLEFT)
