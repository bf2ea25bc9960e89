from pathlib import Path

import pytest
from generator.steps import generate


@pytest.fixture(scope="session")
def out(tmp_path_factory):
    """The generated files of the library. Do not change them."""
    out = tmp_path_factory.mktemp("library") / "generated"
    generate(Path(__file__).parent / "spec", out)
    return out
