"""Further forms of the documents, which the package has but the repository does not: JSON, and OpenAPI 3.0.

`make setup` and each build make them of `openapi.yaml` and `spec/behaviour/`.
"""

import json
from pathlib import Path
from typing import Any

from .behaviour import read_behaviour
from .buildkite import PACKAGE, header
from .fragment import read_fragment
from .openapi_30 import to_openapi_30
from .yaml_text import dump

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


if __name__ == "__main__":
    update(Path())
