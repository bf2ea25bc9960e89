"""Go program with the client of OpenAPI Generator, against the mock server. `make test PART=cross-check` runs this.

make compiles the program. It runs once, and each of its tests is a test here.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.cross_check.conftest import TOOLS

SOURCE = Path(__file__).parent / "program_test.go"
COMPILED = TOOLS / "go" / "program.test"
TESTS = re.findall(r"^func (Test\w+)\(", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def output(server):
    """The output of Go's test runner."""
    variables = {"BUILDKITE_URL": server.url, "BUILDKITE_API_TOKEN": server.token}
    command = [COMPILED, "-test.v", "-test.timeout=2m"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=150)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", TESTS)
def test_the_program_passes(output, name):
    assert re.search(rf"^--- PASS: {name} ", output, re.MULTILINE), output


def test_no_other_test_fails(output):
    assert output.count("--- PASS: ") == len(TESTS)
    assert output.splitlines()[-1] == "PASS"
