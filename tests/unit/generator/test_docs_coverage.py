"""The comparison with a checkout of Buildkite's documentation."""

import subprocess
import sys
from pathlib import Path

import pytest
from generator.docs_coverage import documented_operations, main
from tests.unit.generator.spec_fixture import SPEC

ROOT = Path(__file__).parents[3]

PAGE = """
# Robots

```bash
curl -H "Authorization: Bearer $TOKEN" \\
  -X GET "https://api.buildkite.com/robots?state=built"
```

A command may lack a backslash, and name an example instead of a parameter:

```bash
curl -H "Authorization: Bearer $TOKEN" \\
  -X POST "https://api.buildkite.com/robots"
  -d '{}'
curl "https://api.buildkite.com/robots/r2/"
curl -X DELETE https://api.buildkite.com/robots/{robot.id}
```

```bash
curl -i \\
  -I "https://api.buildkite.com/robots/{robot.id}/tape"
```

```json
{"url": "https://api.buildkite.com/robots/not-a-command"}
```
"""

INDEX = """
Method | Endpoint | Description
------ | -------- | -----------
GET | `/health` | [Health](/docs/health)
GET | `/robots/{robot.id}/tapes` | [Tapes](/docs/tapes)
GET | `/robots/{robot.id}/tape` | [Tape](/docs/tape)
GET | `/robots/{robot.id}/tape/download` | [Download](/docs/tape)
"""


@pytest.fixture
def docs(tmp_path):
    pages = tmp_path / "pages" / "apis"
    (pages / "rest_api").mkdir(parents=True)
    (pages / "rest_api.md").write_text(INDEX)
    (pages / "rest_api" / "robots.md").write_text(PAGE)
    return tmp_path


def test_commands_and_rows_are_found(docs):
    assert documented_operations(docs) == {
        ("GET", "/health"): "pages/apis/rest_api.md:4",
        ("GET", "/robots/{}/tapes"): "pages/apis/rest_api.md:5",
        ("GET", "/robots/{}/tape"): "pages/apis/rest_api.md:6",
        ("GET", "/robots/{}/tape/download"): "pages/apis/rest_api.md:7",
        ("GET", "/robots"): "pages/apis/rest_api/robots.md:5",
        ("POST", "/robots"): "pages/apis/rest_api/robots.md:12",
        ("GET", "/robots/r2"): "pages/apis/rest_api/robots.md:15",
        ("DELETE", "/robots/{}"): "pages/apis/rest_api/robots.md:16",
        ("HEAD", "/robots/{}/tape"): "pages/apis/rest_api/robots.md:20",
    }


def test_no_difference(docs, capsys):
    assert main([str(docs), "--spec", str(SPEC)]) == 0
    assert capsys.readouterr().out == ("9 documented operations are in the spec, 0 are missing; 0 are not documented\n")


def test_each_difference_is_a_line(docs, capsys):
    page = docs / "pages" / "apis" / "rest_api" / "robots.md"
    page.write_text(PAGE.replace("-X DELETE", "-X PATCH"))
    assert main([str(docs), "--spec", str(SPEC)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "pages/apis/rest_api/robots.md:16: PATCH /robots/{} is not in the spec",
        "DELETE /robots/{} is in the spec, but not documented",
        "8 documented operations are in the spec, 1 are missing; 1 are not documented",
    ]


def test_undocumented_operations_are_not_reported(docs, edited, capsys):
    (docs / "pages" / "apis" / "rest_api.md").write_text(INDEX.replace("GET | `/health`", "See | `/health`"))
    spec = edited(
        ("resources/robots.yaml", "operationId: getHealth", "operationId: getHealth\n      x-undocumented: true")
    )
    assert main([str(docs), "--spec", str(spec)]) == 0


def test_errors_of_the_documentation_are_corrected(tmp_path):
    pages = tmp_path / "pages" / "apis" / "rest_api" / "clusters"
    pages.mkdir(parents=True)
    command = 'curl -X DELETE "https://api.buildkite.com/v2/organizations/{org.slug}/clusters/{id}"'
    (pages / "maintainers.md").write_text(f"```bash\n{command}\n```\n")
    assert list(documented_operations(tmp_path)) == [("DELETE", "/v2/organizations/{}/clusters/{}/maintainers/{}")]


def test_a_folder_without_documentation_is_one_line(tmp_path):
    command = [sys.executable, "-m", "generator.docs_coverage", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"{tmp_path}: no documentation of the REST API in pages/apis/rest_api\n"
