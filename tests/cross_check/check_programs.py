"""Programs with generated clients, against the mock server. `make test PART=cross-check` runs this.

make compiles them: one in Go, with the client of OpenAPI Generator, and one in TypeScript, with openapi-typescript and
openapi-fetch. Each runs once, and each of its tests is a test here.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.cross_check.conftest import TOOLS

HERE = Path(__file__).parent
GO = re.findall(r"^func (Test\w+)\(", (HERE / "program_test.go").read_text(encoding="utf-8"), re.MULTILINE)
TYPESCRIPT = re.findall(r'^test\("(.+?)",', (HERE / "program.ts").read_text(encoding="utf-8"), re.MULTILINE)


def run(server, *command):
    """Return the output of a test runner."""
    variables = {"BUILDKITE_URL": server.url, "BUILDKITE_API_TOKEN": server.token}
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=150)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def go(server):
    return run(server, TOOLS / "go" / "program.test", "-test.v", "-test.timeout=2m")


@pytest.fixture(scope="module")
def typescript(server):
    """The output of Node's test runner, in the Test Anything Protocol."""
    return run(server, "node", "--test", "--test-reporter=tap", TOOLS / "program" / "compiled" / "program.js")


@pytest.mark.parametrize("name", GO)
def test_a_test_in_go_passes(go, name):
    assert re.search(rf"^--- PASS: {name} ", go, re.MULTILINE), go


def test_no_other_test_in_go_fails(go):
    assert go.count("--- PASS: ") == len(GO)
    assert go.splitlines()[-1] == "PASS"


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_a_test_in_typescript_passes(typescript, name):
    assert re.search(rf"^ok \d+ - {re.escape(name)}$", typescript, re.MULTILINE), typescript


def test_no_other_test_in_typescript_fails(typescript):
    assert re.search(rf"^# pass {len(TYPESCRIPT)}$", typescript, re.MULTILINE), typescript
    assert re.search(r"^# fail 0$", typescript, re.MULTILINE), typescript
