"""What can be imported and what it costs, and the names in docstrings."""

import inspect
import json
import pickle
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import _buildkite_rest
import buildkite_rest
from _buildkite_rest.operations import all_operations
from buildkite_rest import (
    _public,
    logs,
    models,
    params,
    urls,
    webhooks,
)


def modules_after(code):
    """Return the modules that a new interpreter has loaded after running `code`."""
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def below(modules, package):
    return {name.removeprefix(f"{package}.") for name in modules if name.startswith(f"{package}.")}


MAX_MODULES = 60
"""Modules of this package that a client loads before its first call."""
#: The command of httpx imports rich if it is installed, and rich 14.0 imports attrs.
WITHOUT_CLI = "import sys\nsys.modules['rich'] = None\n"
TYPED_CALL = """
import httpx
from buildkite_rest import Buildkite
answer = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
with Buildkite("token", http_client=httpx.Client(transport=answer)) as client:
    print(type(client.user.get()).__name__, file=sys.stderr)
"""


def test_the_package_alone_loads_nothing():
    modules = modules_after("import buildkite_rest")
    ours = {name for name in modules if name.startswith(("buildkite_rest", "_buildkite_rest"))}
    assert ours == {"buildkite_rest", "buildkite_rest._version"}
    assert not {"httpx", "msgspec", "attrs", "jwt", "cryptography"} & set(modules)


def test_the_clients_load_no_model_and_no_resource():
    modules = modules_after(
        f"{WITHOUT_CLI}from buildkite_rest import Buildkite, AsyncBuildkite\nBuildkite('token').close()"
    )
    for package in ("models", "params", "resources", "operations"):
        assert below(modules, f"_buildkite_rest.{package}") == set()
    assert not {"attr", "jwt", "cryptography"} & set(modules)


@pytest.mark.parametrize("name", ["Buildkite", "AsyncBuildkite"])
def test_a_client_loads_few_modules(name):
    """A loaded module costs a quarter of a millisecond, which a benchmark on another machine may not show."""
    modules = modules_after(f"from buildkite_rest import {name}\n{name}('token')")
    ours = {each for each in modules if each.partition(".")[0] in ("buildkite_rest", "_buildkite_rest")}
    assert len(ours) <= MAX_MODULES, sorted(ours)


def test_the_first_call_loads_what_it_needs():
    modules = modules_after(WITHOUT_CLI + TYPED_CALL)
    assert below(modules, "_buildkite_rest.models") == {"user"}
    assert below(modules, "_buildkite_rest.resources") == {"user"}
    assert below(modules, "_buildkite_rest.operations") == {"user"}
    assert below(modules, "_buildkite_rest.params") == set()
    assert "attr" not in modules


def test_logs_need_no_httpx():
    modules = modules_after("from buildkite_rest import logs\nlist(logs.groups('--- a'))")
    assert not {"httpx", "asyncio", "buildkite_rest._public"} & set(modules)


def test_the_public_names_are_those_that_type_checkers_see():
    names = {name for name in vars(_public) if name[0].isalpha()}
    assert set(buildkite_rest.__all__) == {*names, "__version__"}
    assert all(getattr(buildkite_rest, name) is getattr(_public, name) for name in names)


@pytest.mark.parametrize("module", [buildkite_rest, models, params], ids=lambda module: module.__name__)
def test_dir_shows_the_public_names_and_nothing_else(module):
    modules = {"logs", "models", "params", "urls", "webhooks"} if module is buildkite_rest else set()
    assert dir(module) == sorted({*module.__all__, *modules})


@pytest.mark.parametrize(
    "module", [buildkite_rest, logs, models, params, urls, webhooks], ids=lambda module: module.__name__
)
def test_public_classes_have_the_name_by_which_they_are_imported(module):
    classes = [each for name in module.__all__ if isinstance(each := getattr(module, name), type)]
    assert {each.__module__ for each in classes} == {module.__name__}
    for each in classes:
        assert pickle.loads(pickle.dumps(each)) is each


def test_help_describes_each_public_class():
    for each in (getattr(buildkite_rest, name) for name in buildkite_rest.__all__):
        assert not isinstance(each, type) or each.__name__ in pydoc.render_doc(each)


def test_signatures_have_defaults_and_annotations():
    parameter = inspect.signature(buildkite_rest.RetryPolicy).parameters["backoff"]
    assert (parameter.kind, parameter.default, parameter.annotation) == (parameter.KEYWORD_ONLY, 0.5, "float")
    assert str(inspect.signature(buildkite_rest.BuildChange)) == "(build: 'Build', previous: 'Build | None')"


GENERATED = Path(_buildkite_rest.__file__).parent
HANDWRITTEN_RESOURCES = Path(buildkite_rest.__file__).parent / "_resources"


def test_docstrings_name_methods_and_not_operations():
    modules = [
        *(path for folder in ("models", "params", "resources") for path in (GENERATED / folder).glob("*.py")),
        *HANDWRITTEN_RESOURCES.glob("*.py"),
    ]
    named = {name for path in modules for name in re.findall(r"`(\w+)`", path.read_text(encoding="utf-8"))}
    assert named & {operation.id for _, _, operation in all_operations()} == set()
    assert "page" in named
