"""Prepare the contenders: code that stock generators write from the spec, and builds from the mock server.

`python -m tests.benchmarks.prepare`, in an environment with the generators and the mock server. Does nothing if nothing
has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import yaml

from buildkite_rest.mock import MockServer

from .paths import BUILDS, CACHE, GENERATORS, MADE, MOCK, PYDANTIC, SPEC, STOCK

_STAMP = CACHE / ".made"
_GENERATORS = ("openapi-python-client", "datamodel-code-generator")
_SOME_BUILDS = 400
_JOBS = 10


def main() -> int:
    wanted = _fingerprint()
    if _STAMP.is_file() and _STAMP.read_text() == wanted:
        return 0
    _STAMP.unlink(missing_ok=True)
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir(parents=True)
    print("generating the contenders …")
    GENERATORS.write_text(_versions(), encoding="utf-8")
    document = MADE / "openapi.json"
    document.write_text(json.dumps(for_others(yaml.load(SPEC.read_text(), yaml.CSafeLoader))))
    generate("openapi-python-client", "generate", "--path", document, "--meta", "none", "--output-path", STOCK)
    generate("datamodel-codegen", "--input", document, "--output", PYDANTIC, *_pydantic_options())
    BUILDS.write_text(json.dumps(builds(), separators=(",", ":")))
    _STAMP.write_text(wanted)
    return 0


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in _GENERATORS)


def _fingerprint() -> str:
    """Return a digest of everything that the output depends on."""
    digest = hashlib.sha256(_versions().encode())
    for path in (SPEC, Path(__file__), *sorted(MOCK.rglob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _pydantic_options() -> tuple[str, ...]:
    return (
        *("--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"),
        *("--enum-field-as-literal", "all", "--formatters", "builtin", "--disable-timestamp", "--ignore-pyproject"),
    )


def generate(command: str, *arguments: str | Path) -> None:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([scripts / command, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")


def for_others(document: dict[str, Any]) -> dict[str, Any]:
    """Return the spec in a form that generators with their default configuration accept.

    It has no extensions. The stock openapi-python-client leaves out operations with both `branch` and `branch[]`, so
    only one of the two remains.
    """
    document = _without_extensions(document)
    shared = document["components"]["parameters"]
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "parameters" in operation:
                operation["parameters"] = _one_of_each(operation["parameters"], shared)
    return document


def _without_extensions(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_extensions(value) for key, value in node.items() if not str(key).startswith("x-")}
    return [_without_extensions(value) for value in node] if isinstance(node, list) else node


def _one_of_each(parameters: list[Any], shared: dict[str, Any]) -> list[Any]:
    unique: dict[tuple[str, str], Any] = {}
    for parameter in parameters:
        named = shared[parameter["$ref"].rpartition("/")[2]] if "$ref" in parameter else parameter
        unique.setdefault((named["in"], named["name"].removesuffix("[]")), parameter)
    return list(unique.values())


def builds() -> list[Any]:
    """Return a page of 100 builds with 10 jobs each, as rendered by the mock server, with the real URLs."""
    found: list[Any] = []
    with MockServer(builds=_SOME_BUILDS) as server, httpx.Client() as client:
        client.headers["Authorization"] = f"Bearer {server.token}"
        url: str | None = f"{server.url}/v2/organizations/acme/builds?per_page=100"
        while url is not None:
            response = client.get(url).raise_for_status()
            found += json.loads(response.text.replace(server.url, "https://api.buildkite.com"))
            url = response.links.get("next", {}).get("url")
    full = [{**build, "jobs": build["jobs"][:_JOBS]} for build in found if len(build["jobs"]) >= _JOBS]
    if len(full) < 100:
        raise SystemExit(f"the mock server has only {len(full)} builds with {_JOBS} jobs")
    return full[:100]


if __name__ == "__main__":
    sys.exit(main())
