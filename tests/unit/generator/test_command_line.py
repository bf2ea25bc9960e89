"""The command line: every problem of the spec is one line, and nothing is written."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest
import yaml
from generator import steps
from generator.__main__ import main
from generator.bundle import without_own_keys
from generator.manifest import write_manifest
from generator.steps import load
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, SPEC, TAPES, contents, edit, line_of

PROJECT = Path(__file__).parents[3]


def replaced(file, old, new):
    return lambda spec: edit(spec, file, old, new)


def written(file, content):
    def write(spec):
        (spec / file).parent.mkdir(exist_ok=True)
        (spec / file).write_bytes(content)

    return write


# A damage, the file in the message, the end of the line that it refers to, and the message.
DAMAGES = [
    pytest.param(
        replaced(TAPES, "  /robots/{id}/tape/download:", "  /robots:"),
        *(TAPES, "  /robots:", f"'/robots' is already in {{spec}}/{ROBOTS}:16 [duplicate]"),
        id="path in two files",
    ),
    pytest.param(
        replaced(TAPES, "    Tape: # Tape", "    Robot: # Tape"),
        *(TAPES, "# Tape", f"'Robot' is already in {{spec}}/{ROBOTS}:"),
        id="schema in two files",
    ),
    pytest.param(
        replaced(TAPES, "    Tape: # Tape", "    Error: # Tape"),
        *(TAPES, "# Tape", f"'Error' is already in {{spec}}/{ROOT}:"),
        id="schema in a fragment and the root",
    ),
    pytest.param(
        replaced(ROBOTS, "x-sdk-method: health", "x-sdk-method: health\n      x-sdk-method: ping"),
        *(ROBOTS, "ping", "duplicate key 'x-sdk-method' [yaml]"),
        id="key twice",
    ),
    pytest.param(
        replaced(ROBOTS, "'204': {description: The robot is gone.}", "204: {description: Gone.}"),
        *(ROBOTS, "204: {description: Gone.}", "the key 204 is not a string; put it in quotes [yaml]"),
        id="status without quotes",
    ),
    pytest.param(
        replaced(ROBOTS, "tags: [robots]\n      x-sdk-method: health", "tags: [robots\n      x-sdk-method: health"),
        *(ROBOTS, "x-sdk-method: health", "did not find expected ',' or ']' [yaml]"),
        id="syntax",
    ),
    *(
        pytest.param(
            replaced(ROBOTS, "type: integer} # Part parts", f"type: integer, minimum: {value}}} # Part parts"),
            *(ROBOTS, "# Part parts", message),
            id=f"minimum {value[:9]}",
        )
        for value, message in (
            ("9" * 5000, "a number has at most 308 digits"),
            (f"{'[' * 200}{']' * 200}", "more than 100 levels are nested"),
            ("one", 'minimum: must be a number, not "one" [openapi]'),
        )
    ),
    pytest.param(
        replaced(ROBOTS, "type: integer} # Part parts", "type: integer, minimum: !!int one} # Part parts"),
        *(ROBOTS, None, "invalid literal for int() with base 10: 'one' [yaml]"),
        id="tag",
    ),
    *(
        pytest.param(replaced(file, old, new), file, at, message, id=message)
        for file, old, new, at, message in (
            (ROBOTS, "    get: # getRobot", "    gte: # getRobot", "# getRobot", "a path item; did you mean 'get'?"),
            (ROBOTS, "  /health:", "  health:", "  health:", "'health' is not a path, which begins with a slash"),
            (TAPES, "components:\n  schemas:", "components:\n  schema:", "  schema:", "did you mean 'schemas'?"),
            (ROBOTS, "enum: [planned, built]", "enum: []", "enum: [] # states", "must not be empty"),
        )
    ),
    pytest.param(written(TAPES, b"paths:\n  /caf\xe9: {}\n"), TAPES, 2, "not UTF-8: ", id="encoding"),
    pytest.param(written(TAPES, b"paths: {}\n\0\n"), TAPES, 2, "the character U+0000 is not allowed", id="characters"),
    pytest.param(written(TAPES, b"- paths\n"), TAPES, None, "the file must be a mapping [yaml]", id="list"),
    pytest.param(written(TAPES, b"# later\n"), TAPES, None, "the file must be a mapping [yaml]", id="empty"),
    pytest.param(written(ROOT, b""), ROOT, None, "the file must be a mapping [yaml]", id="empty root"),
    pytest.param(
        written(TAPES, b"paths: [/tapes]\n"), TAPES, 1, "paths must be a mapping [fragment]", id="list of paths"
    ),
    pytest.param(
        replaced(TAPES, "components:\n", "servers: []\ncomponents:\n"),
        *(TAPES, "servers: []", "a fragment has paths, webhooks and components, not 'servers' [fragment]"),
        id="key of the root in a fragment",
    ),
    *(
        pytest.param(written(file, b"paths: {}\n"), file, None, "is not read; a fragment is", id=file)
        for file in (
            "moons.yaml",
            "webhooks.yml",
            "resources/moons.yml",
            "resources/more/moons.yaml",
            "resource/moons.yaml",
        )
    ),
    pytest.param(
        replaced(ROBOTS, "robot: {value: {name: Ada, parts: []}} #", "robot: &a {value: {name: Ada, parts: [*a]}} #"),
        *(ROBOTS, "# createRobot request", "an alias refers to a value that contains it [yaml]"),
        id="alias of itself",
    ),
    pytest.param(
        replaced(ROBOTS, "label: {", "operations: {"),
        *(ROBOTS, "post: # createRobot", "argument names are reserved or repeated: operations [argument-names]"),
        id="argument",
    ),
    pytest.param(
        replaced(ROBOTS, "label: {", "3d: {"),
        *(ROBOTS, "post: # createRobot", "Python has no such argument names: 3d [argument-names]"),
        id="argument without a name in Python",
    ),
    pytest.param(
        replaced(ROOT, "RateLimit-Scope: {$ref: '#/components/headers/Text'}", "RateLimit-Scope: 7"),
        *(ROOT, "  RateLimit-Scope: 7", "x-response-headers RateLimit-Scope: must be a mapping, not 7 [openapi]"),
        id="shared header",
    ),
    pytest.param(
        lambda spec: (spec / ROOT).unlink(),
        ROOT,
        None,
        "cannot be read: No such file or directory [file]",
        id="no root",
    ),
    pytest.param(
        lambda spec: (spec / "resources" / "moons.yaml").mkdir(),
        "resources/moons.yaml",
        None,
        "cannot be read: Is a directory [file]",
        id="folder",
    ),
    pytest.param(
        lambda spec: os.mkfifo(spec / "resources" / "moons.yaml"),
        "resources/moons.yaml",
        None,
        "is a pipe. Write the text into a file. [file]",
        id="pipe",
    ),
    pytest.param(
        lambda spec: (spec / TAPES).unlink() or (spec / TAPES).symlink_to("/dev/null"),
        *(TAPES, None, "is a device. Write the text into a file. [file]"),
        id="device",
    ),
    pytest.param(
        lambda spec: (spec / "webhooks.yaml").symlink_to("events.yaml"),
        *("webhooks.yaml", None, "cannot be read: No such file or directory [file]"),
        id="link to no file",
    ),
    pytest.param(
        lambda spec: shutil.rmtree(spec / "resources") or (spec / "resources").touch(),
        *("resources", None, "is not a folder [file]"),
        id="file as the folder of fragments",
    ),
    pytest.param(replaced(ROOT, "info:\n", "x-info:\n"), ROOT, 2, "openapi.yaml:2: 'info' is missing", id="no info"),
]


@pytest.mark.parametrize(("damage", "file", "at", "message"), DAMAGES)
def test_a_problem_is_one_line_and_nothing_is_written(damage, file, at, message, *, edited, tmp_path, capsys):
    spec = edited()
    damage(spec)
    (tmp_path / "out").mkdir()
    write_manifest(tmp_path / "out")
    before = contents(tmp_path / "out")
    assert main(["generate", "--spec", str(spec), "--out", str(tmp_path / "out")]) == 1

    line = line_of(spec / file, at) if isinstance(at, str) else at
    output, error = capsys.readouterr()
    [reported] = error.splitlines()
    assert reported.startswith(f"{spec / file}: " if line is None else f"{spec / file}:{line}: ")
    assert message.format(spec=spec) in reported
    assert output == ""
    assert contents(tmp_path / "out") == before


def test_several_problems_are_several_lines(edited, capsys):
    twice = "id: {description: Id of the robot., type: string} # Flyer id"
    # The first is below an anchor, and is one problem however often its alias is used.
    spec = edited(
        (ROBOTS, "{kind: walker, id: r2, legs: 3,", "{kind: walker, id: r2, legs: 3, legs: 3,"),
        (ROBOTS, twice, f"{twice}\n        {twice.removesuffix(' id')} again"),
    )
    assert main(["lint", "--spec", str(spec)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert sorted(line.partition(": ")[2] for line in said) == [
        "duplicate key 'id' [yaml]",
        "duplicate key 'legs' [yaml]",
    ]


@pytest.mark.parametrize("command", ["generate", "check", "lint", "bundle"])
def test_every_command_reports_problems(command, edited, tmp_path, capsys):
    spec = edited(
        (ROBOTS, "operationId: getRobot", "operationId: robot"), (TAPES, "x-sdk-method: head", "x-sdk-method: H")
    )
    out = ["--out", str(tmp_path / "out")] if command in {"generate", "check"} else []
    assert main([command, "--spec", str(spec), *out]) == 1
    captured = capsys.readouterr()
    assert [line.rpartition(" ")[2] for line in captured.err.splitlines()] == ["[operation-id]", "[sdk-method]"]
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["regenerate"], "invalid choice: 'regenerate'"),
        (["lint", "--spec", str(SPEC / ROOT)], f"--spec: {SPEC / ROOT} is not a folder."),
        (["bundle", "--out", "x"], "--out: bundle prints to standard output"),
        (["lint", "--out", "x"], "--out: lint prints to standard output"),
    ],
)
def test_an_invalid_command_line(command, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(command)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (OSError(28, "No space left on device", "/tmp/from", None, "/disk/to"), "/disk/to"),
        (OSError(27, "File too large"), f"{{out}}, or {gettempdir()}"),  # as `write` raises it
        (OSError(28, "No space left on device", "/tmp/\x1b[7m\n"), "/tmp/\\x1b[7m\\n"),
    ],
    ids=["copy", "write", "name"],
)
def test_a_full_disk_is_one_line(error, place, tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(steps, "write_package", fail)
    out = tmp_path / "out"
    assert main(["generate", "--spec", str(SPEC), "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"{place.format(out=out)}: {error.strerror}\n"


@pytest.mark.parametrize("command", ["lint", "bundle", "check"])
def test_a_command_that_only_reads_has_written_temporary_files(command, capsys, monkeypatch):
    def fail(*_):
        raise OSError(27, "File too large")

    monkeypatch.setattr(steps, "read_bundle", fail)
    assert main([command, "--spec", str(SPEC)]) == 2
    assert capsys.readouterr().err == f"{gettempdir()}: File too large\n"


def test_a_name_with_control_characters_is_escaped(edited, capsys):
    spec = edited()
    (spec / "resources/a\x1b[7m\nb.yml").touch()
    assert main(["lint", "--spec", str(spec)]) == 1
    assert capsys.readouterr().err.startswith(f"{spec}/resources/a\\x1b[7m\\nb.yml: is not read; ")


def test_too_little_memory_is_one_line():
    # An import of a module that needs more memory than there is.
    program = (
        "import runpy, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'generator.bundle': raise MemoryError\n"
        "sys.meta_path.insert(0, Finder())\n"
        "runpy.run_module('generator', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "not enough memory\n")


def test_a_folder_that_cannot_be_created(tmp_path, capsys):
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "out"
    assert main(["generate", "--spec", str(SPEC), "--out", str(out)]) == 1
    assert capsys.readouterr() == ("", f"{out.parent}: is not a folder [output]\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_the_bundle_is_utf_8_in_any_terminal(encoding, edited):
    spec = edited((ROBOTS, "Id of the robot., type: string} # Flyer", "Größe → of the robot., type: string} # Flyer"))
    command = [sys.executable, "-m", "generator", "bundle", "--spec", str(spec)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    root = Path(__file__).parents[3]
    done = subprocess.run(command, capture_output=True, env=environment, cwd=root, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert yaml.safe_load(done.stdout.decode("utf-8")) == without_own_keys(load(spec).document)


class Short(io.RawIOBase):
    """Writes at most 999 bytes at a time, as the system may."""

    def __init__(self):
        self.written = b""

    def writable(self):
        return True

    def write(self, content):
        self.written += bytes(content[:999])
        return min(len(content), 999)


def test_the_bundle_is_complete_without_a_buffer(monkeypatch):
    file = Short()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file))
    assert main(["bundle", "--spec", str(SPEC)]) == 0
    assert yaml.safe_load(file.written) == without_own_keys(load(SPEC).document)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device without space")
@pytest.mark.parametrize("command", ["bundle", "lint"])
def test_output_without_space_is_an_error(command):
    with Path("/dev/full").open("w") as full, _run(full, command) as done:
        assert done.stderr.read() == "cannot write to standard output: No space left on device\n"
    assert done.returncode == 2


@pytest.mark.parametrize("command", ["bundle", "lint"])
def test_closed_output_is_an_error(command, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)  # as Python starts with `>&-`
    with pytest.raises(SystemExit) as exit_:
        main([command, "--spec", str(SPEC)])
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "cannot write to standard output: it is closed\n"


def test_a_closed_pipe_is_silent():
    with _run(subprocess.PIPE, "bundle") as done:
        done.stdout.close()
        assert done.stderr.read() == ""
    assert done.returncode == 141


def _run(output, command):
    words = [sys.executable, "-m", "generator", command, "--spec", str(SPEC)]
    root = Path(__file__).parents[3]
    return subprocess.Popen(words, stdout=output, stderr=subprocess.PIPE, text=True, cwd=root)


def test_an_interruption_during_imports_is_silent():
    # An import of a module that interrupts the process, as Ctrl-C would.
    program = (
        "import runpy, signal, sys, time\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        name == 'generator.bundle' and (signal.raise_signal(signal.SIGINT), time.sleep(60))\n"
        "sys.meta_path.insert(0, Finder())\n"
        "runpy.run_module('generator', run_name='__main__')\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_lint_prints_the_number_of_operations(capsys):
    assert main(["lint", "--spec", str(SPEC)]) == 0
    assert capsys.readouterr().out == f"{SPEC}: 9 operations, no problems\n"


def test_python_without_the_tools_prints_what_to_do():
    root = Path(__file__).parents[3]
    command = [sys.executable, "-S", "-m", "generator"]  # without site-packages
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"\S+ cannot import \w+\. Run `make setup`, then \S+ -m generator\.\n", done.stderr)
    assert done.stdout == ""
