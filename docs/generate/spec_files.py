"""`python -m docs.generate.spec_files FOLDER`: write the OpenAPI document in every form, and validate each.

Releases and the site have these files under the same names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from buildkite_rest._cli.spec import document

#: The version of OpenAPI and whether the file has webhooks, by the stem of its name.
FORMS: Final = {
    "openapi": ("3.1", True),
    "openapi-without-webhooks": ("3.1", False),
    "openapi-3.0": ("3.0", False),
}
_VALIDATORS: Final = {"3.1": OpenAPIV31SpecValidator, "3.0": OpenAPIV30SpecValidator}


def write(folder: Path) -> dict[str, bytes]:
    """Write the files into `folder`, and return their contents by name."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        f"{stem}.{suffix}": document(suffix, version, webhooks=webhooks)
        for stem, (version, webhooks) in FORMS.items()
        for suffix in ("yaml", "json")
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return contents


def problem(stem: str, in_yaml: bytes, in_json: bytes) -> str | None:
    """Return why the two files of a form cannot be published, in one line, or None."""
    version, webhooks = FORMS[stem]
    parsed: dict[str, Any] = json.loads(in_json)
    if yaml.load(in_yaml, yaml.CSafeLoader) != parsed:
        return f"{stem}.yaml and {stem}.json differ"
    if not parsed["openapi"].startswith(f"{version}."):
        return f"{stem}.json is a document of OpenAPI {parsed['openapi']}, not {version}"
    if ("webhooks" in parsed) != webhooks:
        return f"{stem}.json has {'no ' if webhooks else ''}webhooks"
    for error in _VALIDATORS[version](parsed).iter_errors():
        return f"{stem}.json is not valid: {error.message:.300}"
    return None


def main(folder: str) -> int:
    """Write and validate the files, and print their names and sizes."""
    contents = write(Path(folder))
    for stem in FORMS:
        if found := problem(stem, contents[f"{stem}.yaml"], contents[f"{stem}.json"]):
            print(f"{folder}: {found}", file=sys.stderr)
            return 1
    for name, content in contents.items():
        print(f"{folder}/{name}: {len(content)} bytes, valid")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
