"""Import of every generated module, in a process of its own, before the modules replace the old ones."""

from pathlib import Path

from .buildkite import PACKAGE
from .errors import GenerationError, Problem
from .processes import run_python

_PROGRAM = """
import sys
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

root, package = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(root))
from msgspec.json import Decoder

def attempt(path, action):
    try:
        return action()
    except BaseException as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"{path.relative_to(root).as_posix()}\\t{text[:500]}")

def check_type(cls):
    if hasattr(cls, "__struct_fields__"):
        Decoder(cls)
    elif isinstance(cls, type):
        get_type_hints(cls)

for path in sorted((root / package).rglob("*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    module = attempt(path, lambda: import_module(name))
    if module and path.name == "__init__.py" and path.parent.name in ("models", "params"):
        for each in module.__all__:
            attempt(path, lambda: check_type(getattr(module, each)))
operations = root / package / "operations" / "__init__.py"
for *_, operation in attempt(operations, lambda: list(import_module(f"{package}.operations").all_operations())) or ():
    for function in filter(None, (operation.result, operation.parameters, operation.properties)):
        attempt(operations, function)
"""


def check_imports(out: Path) -> None:
    """Import every module below `out`, and evaluate the annotations of its types and operations.

    Raises:
        GenerationError: A module cannot be imported, or an annotation is not a type.
    """
    result = run_python("-I", "-B", "-c", _PROGRAM, str(out), PACKAGE)
    lines = [line.partition("\t") for line in dict.fromkeys(result.stdout.splitlines())]
    if not lines and result.returncode:
        lines = [(PACKAGE, "", (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1])]
    if lines:
        raise GenerationError(
            [Problem(path, "import", f"the generated module fails: {text}") for path, _, text in lines]
        )
