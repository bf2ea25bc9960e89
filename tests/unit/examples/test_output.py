"""Scripts that cannot print end without a traceback and with a documented status."""

import ast
import signal
import subprocess
import sys

import pytest
from tests.unit.examples.scripts import EXAMPLES, is_short, load, python, sampled

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
#: File names with a character that ASCII lacks. A message of the first script has one.
NAMED = {
    "failing_builds": "",
    "download_build": "größer",
    "export_builds": "größer.csv",
    "rotate_agent_tokens": "größer",
}
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


def test_a_closed_pipe_for_both_streams_ends_a_download_quietly(closed_pipe, tmp_path):
    done = python(*script("download_build"), folder=tmp_path, stdout=closed_pipe, stderr=closed_pipe)
    assert done.returncode == 141


def test_a_progress_bar_that_cannot_be_written_is_discarded(full_disk, tmp_path):
    done = python(*script("download_build"), folder=tmp_path, stderr=full_disk)
    assert (done.returncode, done.stdout != "") == (0, True)


@sampled(NAMED, "failing_builds")
def test_characters_that_a_terminal_lacks_are_escaped(name, tmp_path):
    path, *arguments = script(name)
    command = [NAMED[name] if each in {"out", "builds.csv", "token"} else each for each in arguments]
    done = python(path, *command, folder=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert r"\xf6" in done.stdout


@SHORT
def test_the_mock_server_is_used_without_the_proxy_of_the_environment(name, tmp_path):
    done = python(*script(name), folder=tmp_path, **PROXY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tour_uses_no_proxy(monkeypatch, capsys):
    tour = load("tour")
    monkeypatch.setattr("sys.argv", ["tour.py"])
    monkeypatch.setattr(tour.Tour, "conformance", lambda _: "skipped, because it is slow")
    for name, value in PROXY.items():
        monkeypatch.setenv(name, value)
    assert tour.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("organization", ["acme[/bold]", "[red]acme"])
def test_markup_in_an_argument_is_text(organization, tmp_path):
    path, _, *rest = script("download_build")
    done = python(path, organization, *rest, folder=tmp_path)
    assert (done.returncode, f"{organization}/web #40" in done.stderr) == (1, True)
    assert "404" in done.stderr.splitlines()[-1]


@CASES
def test_a_full_disk_is_one_line(name, full_disk, tmp_path):
    done = python(*script(name), folder=tmp_path, stdout=full_disk)
    assert (done.returncode, messages(done)) == (2, ["cannot write to standard output: No space left on device"])


@SHORT
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_missing_stream_is_ignored(name, stream, tmp_path):
    code = f"import runpy, sys; sys.{stream} = None; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = python("-c", code, *script(name), folder=tmp_path)
    assert (done.returncode, messages(done)) == (0, [])
    assert (done.stdout == "") == (stream == "stdout")


@SHORT
def test_errors_are_not_written_to_standard_output(name, tmp_path):
    code = "import runpy, sys; sys.stderr = None; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
    path, _, *rest = script(name)
    done = python("-c", code, path, "nobody", *rest, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2 if name == "trigger_and_wait" else 1, "")


@CASES
def test_an_interrupt_ends_a_script_quietly(name, tmp_path):
    done = python("-c", INTERRUPT, *script(name), folder=tmp_path)
    assert (done.returncode, messages(done)) == (130, [])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_signal_ends_a_script_that_waits_for_a_build(tmp_path):
    command = [sys.executable, *map(str, script("trigger_and_wait"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout.readline().startswith("build ")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")


@SHORT
def test_a_narrow_terminal_causes_no_warning(name, tmp_path):
    variables = {"TERM": "dumb", "COLUMNS": "1", "PYTHONWARNINGS": "error"}
    done = python(*script(name), folder=tmp_path, **variables)
    assert (done.returncode, messages(done)) == (0, [])


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
