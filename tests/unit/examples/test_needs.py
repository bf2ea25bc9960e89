"""An example needs only the packages that it documents."""

import subprocess
import sys

import pytest
from tests.unit.examples.scripts import EXAMPLES

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
MOCK = {"anyio", "jsonschema_rs", "python_multipart", "starlette", "uvicorn", "yaml"}
PACKAGES = {
    "": set(),
    "rich": {"rich"},
    "the extra `mock`": MOCK,
    "the extra `conformance`": {*MOCK, "requests", "rich"},
}
NEEDS = {
    "download_build": "rich",
    "failing_builds": "rich",
    "flaky_jobs": "rich",
    "pr_comment_bot": "the extra `mock`",
    "tour": "the extra `conformance`",
    "webhook_receiver": "the extra `mock`",
}
OPTIONAL = {"matplotlib", "pyarrow"}


@pytest.mark.parametrize("name", NAMES)
def test_help_needs_no_other_packages(name):
    blocked = OPTIONAL.union(*PACKAGES.values()) - PACKAGES[NEEDS.get(name, "")]
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({sorted(blocked)}));"
        f"sys.path[0] = {str(EXAMPLES)!r}; sys.argv = ['{name}.py', '--help'];"
        f"runpy.run_path({str(EXAMPLES / f'{name}.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {name}.py ")
