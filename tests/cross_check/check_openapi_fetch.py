"""TypeScript program with openapi-typescript and openapi-fetch against the mock server: `make test PART=cross-check`.

make compiles the program. It runs once, and each of its tests is a test here.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.cross_check.conftest import TOOLS

SOURCE = Path(__file__).parent / "program.ts"
COMPILED = TOOLS / "program" / "compiled" / "program.js"
TESTS = re.findall(r'^test\("(.+?)",', SOURCE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def output(server):
    """The output of Node's test runner, in the Test Anything Protocol."""
    command = ["node", "--test", "--test-reporter=tap", COMPILED]
    variables = {"BUILDKITE_URL": server.url, "BUILDKITE_API_TOKEN": server.token}
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", TESTS)
def test_the_program_passes(output, name):
    assert re.search(rf"^ok \d+ - {re.escape(name)}$", output, re.MULTILINE), output


def test_no_other_test_fails(output):
    assert re.search(rf"^# pass {len(TESTS)}$", output, re.MULTILINE), output
    assert re.search(r"^# fail 0$", output, re.MULTILINE), output
