"""Bills of materials: `python -m tests.packaging.sbom dist build/sbom` writes one for each extra, in CycloneDX.

Each lists what pip installs with the wheel on this system and this version of Python: versions, licences, dependencies
of each other, and as the property `installed-size` the bytes on disk. cyclonedx-bom writes them. It is installed in an
environment of its own, whose Python `--tool` names.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.packaging import programs
from tests.packaging.building import distributions
from tests.packaging.environments import Environment, make_environment
from tests.packaging.project import ROOT, extras
from tests.packaging.versions import package_version

PACKAGE = "buildkite-rest"
SIZE = "installed-size"
VALIDATE = """
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()) or "") or 0)
"""


def bill(environment: Environment, tool: Path) -> dict[str, Any]:
    """Return the bill of an environment.

    Args:
        environment: One with the package and nothing that it does not need.
        tool: Python of an environment with cyclonedx-bom.
    """
    metadata = environment.folder / "pyproject.toml"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    metadata.write_text(text.replace('dynamic = ["version"]', f'version = "{package_version()}"'), encoding="utf-8")
    options = ["--output-reproducible", "--spec-version=1.6", "--mc-type=library", "--pyproject", metadata]
    found = json.loads(run(tool, "-m", "cyclonedx_py", "environment", *options, environment.python))
    package = found["metadata"]["component"]
    package["purl"] = f"pkg:pypi/{PACKAGE}@{package_version()}"
    sizes = json.loads(environment.script(programs.SIZES))
    for component in (package, *found["components"]):
        component["properties"] = [{"name": SIZE, "value": str(sizes[component["name"]])}]
    validate(found, tool)
    return found


def validate(bill: dict[str, Any], tool: Path) -> None:
    """Check a bill against the schema of CycloneDX.

    Raises:
        ValueError: It is not valid.
    """
    run(tool, "-c", VALIDATE, text=json.dumps(bill))


def run(tool: Path, *arguments: str | Path, text: str = "") -> str:
    done = subprocess.run([tool, *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ValueError(done.stdout + done.stderr)
    return done.stdout


def file_name(extra: str) -> str:
    """Return the name of the file for an extra, or for the package without extras."""
    return f"{PACKAGE}-{package_version()}{extra and f'-{extra}'}.cdx.json"


def main() -> int:
    """Write the bills."""
    parser = argparse.ArgumentParser(prog="python -m tests.packaging.sbom", description=__doc__.split("\n")[0])
    parser.add_argument("dist", type=Path, help="folder with the wheel")
    parser.add_argument("target", type=Path, help="folder for the bills")
    parser.add_argument("--tool", type=Path, required=True, help="Python of an environment with cyclonedx-bom")
    options = parser.parse_args()
    wheel = distributions(options.dist).wheel.resolve()
    options.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for extra in ("", *extras()):
            environment = make_environment(Path(folder) / f"with-{extra}", f"{wheel}{extra and f'[{extra}]'}")
            content = json.dumps(bill(environment, options.tool), indent=2) + "\n"
            (options.target / file_name(extra)).write_text(content, encoding="utf-8")
            print(options.target / file_name(extra))
    return 0


if __name__ == "__main__":
    sys.exit(main())
