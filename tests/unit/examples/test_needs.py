"""An example needs only the packages that it documents."""

import subprocess
import sys

import pytest
from tests.unit.examples.scripts import EXAMPLES

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
MOCK = {"anyio", "jsonschema_rs", "python_multipart", "starlette", "uvicorn", "yaml"}
NEEDS = {
    "download_build": {"rich"},
    "failing_builds": {"rich"},
    "flaky_jobs": {"rich"},
    "pr_comment_bot": MOCK,
    "tour": {*MOCK, "requests", "rich"},
    "webhook_receiver": MOCK,
}


@pytest.mark.parametrize("name", NAMES)
def test_help_needs_no_other_packages(name):
    blocked = {"matplotlib", "pyarrow"}.union(*NEEDS.values()) - NEEDS.get(name, set())
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({sorted(blocked)}));"
        f"sys.path[0] = {str(EXAMPLES)!r}; sys.argv = ['{name}.py', '--help'];"
        f"runpy.run_path({str(EXAMPLES / f'{name}.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {name}.py ")
