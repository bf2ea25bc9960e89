"""Annotations of builds and of jobs."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.resources.annotations import markdown_to_html

from .caller import WEB

BUILD = f"{WEB}/builds/42"


@pytest.fixture
def job(api):
    return api.get(BUILD).json()["jobs"][0]["id"]


@pytest.fixture(params=["build", "long", "short"])
def path(request, job):
    """The annotations of a build, and of a job by both paths."""
    return {
        "build": f"{BUILD}/annotations",
        "long": f"{BUILD}/jobs/{job}/annotations",
        "short": f"/v2/organizations/acme/jobs/{job}/annotations",
    }[request.param]


def create(api, path, **body):
    response = api.post(path, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def test_an_annotation_is_created_listed_and_deleted(api, path, job):
    note = create(api, path, body="**91** %", style="success", priority=9, context="x")
    on_job = "/jobs/" in path
    assert note["body_html"] == "<p><strong>91</strong> %</p>\n"
    assert (note["style"], note["priority"], note["context"]) == ("success", 9, "x")
    assert (note["scope"], note["job_id"]) == (("job", job) if on_job else ("build", None))
    assert note["created_at"] == note["updated_at"] == "2026-03-02T10:00:00.000Z"
    assert note in api.get(path).json()
    assert api.delete(f"{path}/{note['id']}").status_code == 204
    assert note not in api.get(path).json()
    assert api.delete(f"{path}/{note['id']}").status_code == 404


def test_the_same_context_is_the_same_annotation(api, path, clock):
    first = create(api, path, body="one", context="x", style="info")
    clock.advance(5)
    second = create(api, path, body="two", context="x", priority=10)
    assert second["id"] == first["id"]
    assert (second["body_html"], second["style"], second["priority"]) == ("<p>two</p>\n", "info", 10)
    assert (second["created_at"], second["updated_at"]) == (first["created_at"], "2026-03-02T10:00:05.000Z")


def test_text_can_be_appended(api, path):
    create(api, path, body="one", context="x")
    assert create(api, path, body="\n\ntwo", context="x", append=True)["body_html"] == "<p>one</p>\n<p>two</p>\n"
    assert create(api, path, body="alone", context="y", append=True)["body_html"] == "<p>alone</p>\n"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("", ""),
        ("<b>raw</b>", "<b>raw</b>\n"),
        ("a\n\n\nb", "<p>a</p>\n<p>b</p>\n"),
        ("**open", "<p>**open</p>\n"),
    ],
)
def test_a_little_markdown(markdown, html):
    assert markdown_to_html(markdown) == html
