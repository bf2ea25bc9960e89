"""Scripts that cannot print end without a traceback and with a documented status."""

import ast

import pytest
from tests.unit.examples.scripts import EXAMPLES, is_short, python, sampled

pytestmark = pytest.mark.exhaustive

SCRIPTS = {
    "download_build": ["acme", "web", "40", "--to", "out", "--mock"],
    "export_builds": ["acme", "builds.csv", "--since", "2026-03-02", "--mock"],
    "failing_builds": ["acme", "--days", "1", "--mock"],
    "flaky_jobs": ["acme", "web", "--days", "1", "--mock"],
    "local_history": ["acme", "web", "history.db", "--days", "1", "--mock"],
    "rotate_agent_tokens": ["acme", "Default cluster", "--to", "token", "--mock"],
    "tour": [],
    "trigger_and_wait": ["acme", "web", "--interval", "0.2", "--mock"],
}
#: The last test checks that all scripts print in the same way.
CASES = sampled(SCRIPTS, "failing_builds")
#: The scripts without the slow one.
SHORT = sampled(sorted(SCRIPTS.keys() - {"tour"}), "failing_builds")
PROXY = dict.fromkeys(("HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9") | {"no_proxy": "example.com"}
#: Interrupts the first request, wherever it is sent.
INTERRUPT = """
import runpy, signal, sys, httpx
send = httpx.Client.send
def interrupted(*arguments, **options):
    signal.raise_signal(signal.SIGINT)
    return send(*arguments, **options)
httpx.Client.send = interrupted
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def messages(done):
    """Return the lines on standard error without the progress bar."""
    return [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("acme/web #40 ")]


def script(name):
    return EXAMPLES / f"{name}.py", *SCRIPTS[name]


@CASES
def test_a_closed_pipe_ends_a_script_quietly(name, closed_pipe, tmp_path):
    done = python(*script(name), folder=tmp_path, stdout=closed_pipe)
    assert (done.returncode, messages(done)) == (141, [])


@SHORT
def test_the_mock_server_is_used_without_the_proxy_of_the_environment(name, tmp_path):
    done = python(*script(name), folder=tmp_path, **PROXY)
    assert done.returncode == 0, done.stdout + done.stderr


@CASES
def test_a_full_disk_is_one_line(name, full_disk, tmp_path):
    done = python(*script(name), folder=tmp_path, stdout=full_disk)
    assert (done.returncode, messages(done)) == (2, ["cannot write to standard output: No space left on device"])


@CASES
def test_an_interrupt_ends_a_script_quietly(name, tmp_path):
    done = python("-c", INTERRUPT, *script(name), folder=tmp_path)
    assert (done.returncode, messages(done)) == (130, [])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_all_scripts_print_and_are_interrupted_in_the_same_way():
    functions, endings = set(), set()
    for path in EXAMPLES.glob("*.py"):
        if is_short(path):
            continue
        tree = ast.parse(path.read_bytes())
        functions.add("".join(ast.unparse(each) for each in tree.body if getattr(each, "name", "") == "echo"))
        endings.add(ast.unparse(tree.body[-1]))
        assert not {"print"} & {
            call.func.id
            for each in tree.body
            if getattr(each, "name", "") != "echo"
            for call in ast.walk(each)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
    assert (len(functions), len(endings)) == (1, 1)
    assert "" not in functions
