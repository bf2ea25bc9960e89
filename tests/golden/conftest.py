import pytest
from generator.pipeline import generate
from tests.unit.generator.spec_fixture import SPEC


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the snapshots in tests/golden/snapshots")


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """What the generator makes of the small description that its unit tests use."""
    out = tmp_path_factory.mktemp("golden") / "generated"
    generate(SPEC, out)
    return out / "_buildkite_rest"
