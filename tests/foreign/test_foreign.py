"""The generator makes a client of another API from its spec and profile."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.foreign.server import COVER, serve

FOLDER = Path(__file__).parent
TITLES = ["Emma", "Howl", "Ulysses", "Persuasion"]


def run(out, *arguments):
    path = os.pathsep.join(map(str, (out, FOLDER)))
    environment = {**os.environ, "PYTHONPATH": path, "MYPYPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_program_lists_reads_and_creates(out):
    with serve() as (url, requests):
        blocking, asynchronous = json.loads(run(out, FOLDER / "program.py", url))
    assert blocking == {
        "added": ["9", "Persuasion", "novel", 2025],
        "books": TITLES,
        "novels": ["Emma", "Ulysses", "Persuasion"],
        "pages": [2, 2],
        "three": ["0", "1", "2"],
        "book": "Persuasion",
        "loans": ["Ada", "Grace", "Edsger"],
        "pages of loans": [2, 1],
        "cover": COVER.hex(),
        "streamed cover": COVER.hex(),
        "refused": 404,
        "French title": "Persuasion fr",
        "refused pages": [True] * 6,
        "refused arguments": [True] * 4,
    }
    assert asynchronous.pop("refused pages") == [True] * 5
    assert asynchronous.pop("foreign page") == ["Howl", "refused"]
    expected = ("books", "loans", "pages of loans", "book", "cover", "streamed cover")
    assert asynchronous == {name: blocking[name] for name in expected}
    filters = (
        "author%5B%5D=Jane+Austen&author%5B%5D=A%26B&marks%5Ba+b%5D=1&added_since=2024-05-06T00%3A00%3A00Z&lent=true"
    )
    assert {
        f"GET /books?{filters}",
        "GET /books?limit=2&offset=2",
        "GET /books/0/loans?limit=2&cursor=c2",
        "GET /books/no%2Fne%3F",
    } <= set(requests)


def test_the_docstrings_have_the_facts_of_the_profile(out):
    text = (out / "_library/resources/books.py").read_text(encoding="utf-8")
    assert "Scopes: `books:read`." in text
    assert "`MissingError` (404)" in text
    assert "Number of the first book. The first book is 0." in text
    assert (out / "_library/__init__.py").read_text(encoding="utf-8").count("`library`") == 2


def test_no_header_names_a_folder_or_a_command_of_this_project(out):
    files = [
        path for path in out.rglob("*") if path.suffix in {".py", ".yaml", ".typed"} or path.name == "MANIFEST.json"
    ]
    first_lines = {
        path: path.read_text(encoding="utf-8").removeprefix("{").lstrip().partition("\n")[0] for path in files
    }
    assert [path.name for path, line in first_lines.items() if "an OpenAPI document. Do not edit." not in line] == []
    assert [path.name for path in files if re.search(r"spec/|make generate", path.read_text(encoding="utf-8"))] == []


def test_nothing_of_another_api_is_in_the_output(out):
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 20
    words = re.compile(
        rb"buildkite|organization|pipeline|\bagents?\b|\bpage=|\bper_page|`after`|`before`", re.IGNORECASE
    )
    assert [(path.name, found[0]) for path in files if (found := words.search(path.read_bytes()))] == []


@pytest.mark.exhaustive  # mypy has no cache of the output
def test_the_output_and_its_users_are_typed(out):
    modules = ("-p", "_library", "-m", "async_library", "-m", "program")
    done = run(out, "-m", "mypy", "--strict", "--cache-dir", os.devnull, *modules)
    assert "no issues found" in done
