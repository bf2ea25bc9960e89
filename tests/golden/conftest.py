import pytest
from generator.steps import generate
from tests.unit.generator.spec_fixture import write_spec_with_crews


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the snapshots in tests/golden/snapshots")


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The generated package of the robots spec of the unit tests, with one more tag."""
    out = tmp_path_factory.mktemp("golden") / "generated"
    generate(write_spec_with_crews(out.parent / "spec"), out)
    return out / "_buildkite_rest"
