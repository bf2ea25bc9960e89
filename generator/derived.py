"""Further forms of the documents, which the package has but the repository does not: JSON, and OpenAPI 3.0.

`make setup` and each build make them of `openapi.yaml` and `spec/behaviour/`.
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from .behaviour import read_behaviour
from .buildkite import PACKAGE, header
from .fragment import read_fragment
from .openapi_30 import to_openapi_30

DOCUMENT = "openapi.yaml"
DERIVED = ("openapi.json", "openapi-3.0.yaml", "openapi-3.0.json", "behaviour.json")


def write_derived(document: dict[str, Any], behaviour: dict[str, Any], package: Path) -> None:
    """Write all files of `DERIVED`. JSON is read without PyYAML, and fifty times as fast."""
    converted = to_openapi_30(document)
    (package / "openapi-3.0.yaml").write_text(f"{header()}\n{dump(converted)}", encoding="utf-8")
    for stem, content in (("openapi", document), ("openapi-3.0", converted), ("behaviour", behaviour)):
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (package / f"{stem}.json").write_text(f"{text}\n", encoding="utf-8")


def update(root: Path) -> None:
    """Write the files below the folder of the project, unless they are newer than what they are made of."""
    package, behaviour = root / "generated" / PACKAGE, root / "spec" / "behaviour"
    sources = [package / DOCUMENT, *behaviour.glob("*.yaml")]
    written = [path for name in DERIVED if (path := package / name).exists()]
    if len(written) < len(DERIVED) or _newest(sources) > min(path.stat().st_mtime for path in written):
        write_derived(read_fragment(package / DOCUMENT).data, read_behaviour(behaviour).data, package)


def _newest(paths: list[Path]) -> float:
    return max(path.stat().st_mtime for path in paths)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=data.keys() == {"$ref"})


def _sequence(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    is_flat = bool(data) and not any(isinstance(each, dict | list) for each in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_flat)


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
# PyYAML writes a SHA such as 1e10 without quotes, which YAML 1.2 reads as a number.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^(?:[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+|0o[0-7]+)$"),
    list("-+0123456789"),
)


def dump(document: dict[str, Any]) -> str:
    """Return `document` as YAML. The same content gives the same text."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    update(Path())
