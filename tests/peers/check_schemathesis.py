"""`st run` of schemathesis with its defaults, against the mock server. `make test PART=peers` runs this.

All phases and checks are enabled. `schemathesis.toml` has the exceptions and their reasons.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "generated" / "_buildkite_rest" / "openapi.yaml"


@pytest.mark.timeout(600)
def test_a_run_with_defaults_has_no_failures(mock, tmp_path):
    command = [Path(sys.executable).with_name("st"), "--config-file", HERE / "schemathesis.toml", "--no-color"]
    command += ["run", SPEC, "--url", mock.url, "--header", f"Authorization: Bearer {mock.token}"]
    command += ["--seed", "1", "--max-examples", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", done.stdout)
    selected, total, tested = map(int, found.groups())
    assert selected == tested == total - 1 > 200
