"""Pages generated from the code: complete, up to date, and with examples that run."""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from docs.generate import code, index, methods, pages, resources, shapes
from docs.generate.examples import examples
from docs.generate.servers import COUNT, Servers
from tests.docs.blocks import blocks
from tests.each import check_each
from tests.unit.client.openapi_document import described

from buildkite_rest import Buildkite

ROOT = Path(__file__).parents[2]
NAMES = {(tag, method.name): f"{tag}.{method.name}" for tag in resources.tags() for method in methods.methods(tag)}
#: Resources whose methods are of all kinds: lists, changes, waiting, downloads and uploads.
SAMPLE = ("agents", "artifacts", "jobs", "packages", "teams")

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def made():
    """All pages, with the name of the method for each example: finding arguments for all methods takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "examples", lambda _: NAMES)
        return pages.pages()


@pytest.mark.parametrize(
    "tags", [SAMPLE, pytest.param(resources.tags(), marks=pytest.mark.exhaustive)], ids=["sample", "all"]
)
def test_examples_run(tags, tmp_path, monkeypatch):
    """Run each example on a freshly reset mock server."""
    monkeypatch.chdir(tmp_path)
    found = examples(tags)
    assert found.keys() == {key for key in NAMES if key[0] in tags}
    with Servers() as servers, ThreadPoolExecutor(COUNT) as threads:

        def run(text):
            with servers.lend() as client:
                exec(compile(text, "example", "exec", dont_inherit=True), {"bk": client})

        runs = {f"{tag}.{name}": (threads.submit(run, text),) for (tag, name), text in found.items()}
        check_each(runs, Future.result)


def test_every_method_has_an_example(made):
    shown = [
        block.text.strip()
        for tag in resources.tags()
        for block in blocks(made[f"{tag}.md"])
        if block.language == "python"
    ]
    assert shown == [*NAMES.values()]


def test_index_of_methods_is_current():
    assert index.PAGE.read_text(encoding="utf-8") == index.index(), "run `python -m docs.generate.index`"


def test_index_has_every_public_method():
    named = re.findall(r"^\| `bk\.(\w+)\.(\w+)` \|", index.PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    with Buildkite("token") as client:
        names = {(tag, name) for tag in resources.tags() for name in dir(getattr(client, tag))}
    public = {(tag, name) for tag, name in names if not name.startswith("_")}
    assert len(named) == len(public)
    assert set(named) == public


def test_every_operation_is_on_a_page(made):
    text = "\n".join(made.values())
    assert [name for name in described() if f"| Operation | `{name}` |" not in text] == []


def test_every_public_method_is_on_the_page_of_its_resource(made):
    with Buildkite("token") as client:
        for tag in resources.tags():
            public = {name for name in dir(getattr(client, tag)) if not name.startswith("_")}
            assert public == set(re.findall(r"^## (\w+) \{ #\1 \}$", made[f"{tag}.md"], re.MULTILINE))


def test_every_argument_has_a_text(made):
    for tag in resources.tags():
        for method in methods.methods(tag):
            assert [field.name for field in method.fields if not field.text] == [], f"{tag}.{method.name}"


def test_every_type_is_on_one_page(made):
    text = "\n".join(made.values())
    for kind, name in code.types():
        assert text.count(f"{{ #{shapes.anchor(kind, name)} }}") == 1


def test_every_page_is_in_the_navigation(made):
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(re.findall(r"[\w/-]+\.md", str(config["nav"])))
    written = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert named == written | {f"resources/{name}" for name in made} | {"differences.md", "changelog.md"}


def test_pages_show_what_is_deprecated(made):
    assert '!!! warning "Deprecated by Buildkite"' in made["flaky_tests.md"]
    assert re.search(r"^\| `label`<br>.* \| Deprecated\. Legacy form", made["tests.md"], re.MULTILINE)
    row = r"^\| `glob_path`<br><code>str</code> \| Deprecated\. No longer used"
    assert re.search(row, made["artifacts.md"], re.MULTILINE)
