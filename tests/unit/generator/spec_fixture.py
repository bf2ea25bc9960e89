"""A small spec of an API of robots. Tests edit copies of it as text, so that line numbers are those of an editor."""

import shutil
from pathlib import Path

SPEC = Path(__file__).parent / "spec"
ROOT = "openapi.yaml"
ROBOTS = "resources/robots.yaml"
TAPES = "resources/tapes.yaml"
CREWS = "resources/crews.yaml"
BEHAVIOUR = "behaviour/robots.yaml"


def edit(folder, file, old, new):
    """Replace a text that is in `file` once."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is in {file} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_spec(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """Copy the spec to `folder` with `edits`: a file, a text that is in it once, and its replacement."""
    shutil.copytree(SPEC, folder)
    for each in edits:
        edit(folder, *each)
    return folder


def write_spec_with_crews(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """Do the same with a further tag, which has methods of an organization."""
    tapes = "    description: Tapes that robots record.\n"
    crews = "  - name: crews\n    description: Robots that work together.\n"
    write_spec(folder, (ROOT, tapes, f"{tapes}{crews}"))
    shutil.copy(Path(__file__).parent / "crews.yaml", folder / CREWS)
    for each in edits:
        edit(folder, *each)
    return folder


def write_behaviour(spec: Path, text: str) -> Path:
    """Add a file to the behaviour of a spec, with the JSON Schema of the real one, and return the spec."""
    folder = spec / "behaviour"
    folder.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).parents[3] / "spec" / "behaviour" / "schema.yaml", folder)
    (spec / BEHAVIOUR).write_text(text, encoding="utf-8")
    return spec


def line_of(path, text):
    """Return the number of the only line of `path` that ends with `text`."""
    [number] = [n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line.endswith(text)]
    return number


def contents(folder):
    """Return the bytes of every file below `folder`."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
