"""`buildkite-rest`: its commands, and those that do not call the API."""

import json
import subprocess
import sys
from importlib import import_module, resources

import pytest

from buildkite_rest import __version__
from buildkite_rest._cli.main import COMMANDS, main

SPEC = resources.files("_buildkite_rest")
EXHAUSTIVE = pytest.mark.exhaustive
PACKAGES_OF_EXTRAS = (
    *("anyio", "hypothesis", "jsonschema_rs", "pyrate_limiter", "python_multipart", "requests", "rich"),
    *("schemathesis", "starlette", "uvicorn", "yaml"),
)


@pytest.fixture
def run(capfd):
    """Run the command; return its exit status, its output and its messages."""

    def run(*arguments):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code
        return status, *capfd.readouterr()

    return run


def test_without_arguments_it_prints_the_help(run):
    status, output, errors = run()
    assert (status, errors) == (0, "")
    assert (status, output, errors) == run("--help")
    assert output.startswith("usage: buildkite-rest ")
    assert [name for name in COMMANDS if f"\n    {name}" not in output] == []


def test_the_version(run):
    assert run("--version") == (0, f"buildkite-rest {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["moc"], "there is no command 'moc'. Did you mean mock?"),
        (["x\n"], "there is no command 'x\\n'. Commands: api, spec, mock, conformance."),
        ([""], "there is no command ''. Commands: api, spec, mock, conformance."),
        (["--verison"], "unrecognized arguments: --verison"),
        (["spec", "--format", "xml"], "argument --format: invalid choice: 'xml' (choose from "),
        (["spec", "--openapi", "2.0"], "argument --openapi: invalid choice: '2.0' (choose from "),
        (["spec", "--output", ""], "argument -o/--output: the path is empty. Pass a file or leave it out"),
        (["spec", "--output", "/"], "cannot write the file of --output: not a regular file. Name another file."),
        (["mock", "--por", "1"], "unrecognized arguments: --por 1"),
        (["mock", "--port", "x"], "argument --port: 'x' is not a whole number"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(run, arguments, message):
    status, output, errors = run(*arguments)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("buildkite-rest")
    assert message in errors


@pytest.mark.parametrize("name", ["api", "spec", "mock", pytest.param("conformance", marks=pytest.mark.exhaustive)])
def test_each_command_has_help(run, name):
    status, output, errors = run(name, "--help")
    assert (status, errors) == (0, "")
    assert output.startswith(f"usage: buildkite-rest {name} ")


BLOCKING = """\
import sys
class Blocked:
    def find_spec(name, path, target=None):
        if name in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked)
from buildkite_rest._cli.main import main
sys.exit(main({arguments}))
"""


def run_without_extras(*arguments, installed=()):
    """Run the command in a process in which the packages of the extras, except `installed`, cannot be imported."""
    script = BLOCKING.format(names=set(PACKAGES_OF_EXTRAS) - set(installed), arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["mock", "conformance", "conformance traffic", "conformance cleanup"])
def test_help_needs_no_extra(name):
    status, output, errors = run_without_extras(*name.split(), "--help")
    assert (status, errors) == (0, "")
    assert output.startswith(f"usage: buildkite-rest {name} ")


def test_the_spec_is_printed(run):
    assert run("spec") == (0, (SPEC / "openapi.yaml").read_text(encoding="utf-8"), "")
    assert run("spec", "--output", "-") == run("spec")
    assert run("spec", "--format", "json") == (0, (SPEC / "openapi.json").read_text(encoding="utf-8"), "")


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ([], "json"),
        (["--openapi", "3.0"], "json"),
        (["--without-webhooks"], "json"),
        pytest.param(["--without-webhooks"], "yaml", marks=EXHAUSTIVE),
        pytest.param(["--openapi", "3.0"], "yaml", marks=EXHAUSTIVE),
    ],
)
def test_open_enums_are_no_enums(run, form, suffix):
    status, output, errors = run("spec", "--format", suffix, "--open-enums", *form)
    assert (status, errors) == (0, "")
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    expected, printed = (
        json.loads(text) if suffix == "json" else yaml.load(text, Loader=loader)
        for text in (run("spec", "--format", suffix, *form)[1], output)
    )
    opened = [schema for schema in expected["components"]["schemas"].values() if "x-open-enum" in schema]
    assert len(opened) > 20
    for schema in opened:
        schema["x-extensible-enum"] = schema.pop("enum")
    assert printed == expected


@pytest.mark.parametrize(
    ("name", "options", "source"),
    [
        ("a.yaml", [], "openapi.yaml"),
        ("a.json", [], "openapi.json"),
        ("A.JSON", [], "openapi.json"),
        ("a.json", ["--format", "yaml"], "openapi.yaml"),
        ("a", ["--format", "json"], "openapi.json"),
        ("a.json", ["--openapi", "3.0"], "openapi-3.0.json"),
    ],
)
def test_the_spec_is_written_to_a_file(run, tmp_path, name, options, source):
    (tmp_path / name).write_text("replaced")
    assert run("spec", "--output", str(tmp_path / name), *options) == (0, "", "")
    assert (tmp_path / name).read_bytes() == (SPEC / source).read_bytes()


def test_ctrl_c_exits_with_130(run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("buildkite_rest._cli.spec"), "parser", interrupt)
    assert run("spec") == (130, "", "")
