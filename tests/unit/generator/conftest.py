import importlib
import sys

import pytest
from generator.steps import generate
from tests.unit.generator.spec_fixture import SPEC, write_spec


class Recorder:
    """A port that returns its request."""

    def send(self, operation, arguments):
        return operation, arguments

    def stream(self, operation, arguments):
        return operation, arguments

    def paginate(self, operation, arguments, max_items):
        return operation, arguments, max_items


class AsyncRecorder(Recorder):
    async def send(self, operation, arguments):
        return operation, arguments


@pytest.fixture
def edited(tmp_path):
    """Write the robots spec with edits, below `tmp_path`."""
    return lambda *edits: write_spec(tmp_path / "spec", *edits)


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The generated files of the robots spec. Do not change them."""
    out = tmp_path_factory.mktemp("fixture") / "generated"
    generate(SPEC, out)
    return out


def _forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == "_buildkite_rest"]:
        del sys.modules[name]


@pytest.fixture
def generated_module(generated, monkeypatch):
    """Import modules of the package generated from the robots spec, in place of the real one."""
    real = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "_buildkite_rest"}
    _forget()
    monkeypatch.syspath_prepend(generated)
    yield lambda name: importlib.import_module(f"_buildkite_rest.{name}")
    _forget()
    sys.modules.update(real)
