"""Artifacts, and downloads from the storage origin."""

from __future__ import annotations

import fnmatch
import hashlib
from urllib.parse import urlsplit

import pytest

from .caller import STORAGE, WEB

ACME = "/v2/organizations/acme"


@pytest.fixture
def artifacts(api):
    found = api.get(f"{WEB}/builds/42/artifacts").json()
    assert len(found) >= 3
    return found


def test_both_lists_agree(api, artifacts):
    by_job = {artifact["job_id"] for artifact in artifacts}
    listed = [one for job in sorted(by_job) for one in api.get(f"{ACME}/jobs/{job}/artifacts").json()]
    assert sorted(one["id"] for one in listed) == sorted(one["id"] for one in artifacts)


def test_an_artifact_has_metadata(api, artifacts):
    one = artifacts[0]
    assert api.get(one["url"]).json() == one
    assert api.get(f"{ACME}/jobs/{one['job_id']}/artifacts/{one['id']}").json() == one
    assert one["path"] == f"{one['dirname']}/{one['filename']}"
    assert one["glob_path"] is one["original_path"] is None


@pytest.mark.parametrize("path", ["log/*", "*", "*/app*", "nope/*", "log", "dist/app.tar.gz"])
def test_artifacts_by_path(api, path):
    every = [one for number in range(20, 40) for one in api.get(f"{WEB}/builds/{number}/artifacts").json()]
    found = [
        one
        for number in range(20, 40)
        for one in api.get(f"{WEB}/builds/{number}/artifacts", params={"path": path}).json()
    ]
    assert found == [one for one in every if fnmatch.fnmatchcase(one["path"], path)]
    assert bool(found) == (path not in {"nope/*", "log"})


def test_artifacts_by_state(api, artifacts):
    assert api.get(f"{WEB}/builds/42/artifacts?state=finished").json() == artifacts
    assert api.get(f"{WEB}/builds/42/artifacts?state=expired").json() == []


def test_an_unknown_state_is_422(api, artifacts):
    for path in (f"{WEB}/builds/42/artifacts", f"{ACME}/jobs/{artifacts[0]['job_id']}/artifacts"):
        response = api.get(f"{path}?state=great")
        assert response.status_code == 422
        assert "State must be one of" in response.json()["message"]


def test_a_download_leads_to_another_origin(api, storage, artifacts):
    for one in artifacts:
        response = api.get(one["download_url"])
        assert response.status_code == 302
        url = response.headers["Location"]
        assert response.json() == {"url": url}
        assert url.startswith(f"{STORAGE}/")
        content = storage.get(url).content
        assert len(content) == one["file_size"]
        assert hashlib.sha1(content).hexdigest() == one["sha1sum"]


def test_there_are_small_and_large_files(api):
    sizes = [one["file_size"] for number in range(20, 60) for one in api.get(f"{WEB}/builds/{number}/artifacts").json()
             if number != 13]  # fmt: skip
    assert min(sizes) == 0
    assert max(sizes) > 500_000


def test_storage_rejects_a_credential(api, storage, artifacts):
    url = api.get(artifacts[0]["download_url"]).headers["Location"]
    response = storage.as_owner_of(api.token).get(url)
    assert response.status_code == 400
    assert "Only one auth mechanism allowed" in response.text


def test_a_url_is_valid_for_a_minute(api, storage, artifacts, clock):
    url = api.get(artifacts[0]["download_url"]).headers["Location"]
    clock.advance(59)
    assert storage.get(url).status_code == 200
    clock.advance(1)
    assert storage.get(url).status_code == 403


def test_a_forged_url_is_rejected(api, storage, artifacts):
    parts = urlsplit(api.get(artifacts[0]["download_url"]).headers["Location"])
    other = artifacts[1]["id"]
    for query in ("", "Expires=x&Signature=y", f"{parts.query}0", parts.query.replace("Expires=1", "Expires=2")):
        assert storage.get(f"{parts.path}?{query}").status_code == 403
    assert storage.get(f"/{other}/x?{parts.query}").status_code == 403
    assert storage.get("/").status_code == 404


def test_a_deleted_artifact_is_gone(api, storage, artifacts):
    one = artifacts[0]
    url = api.get(one["download_url"]).headers["Location"]
    assert api.delete(one["url"]).status_code == 204
    for gone in (one["url"], one["download_url"]):
        assert api.get(gone).status_code == 404
    assert api.delete(one["url"]).status_code == 404
    assert one not in api.get(f"{WEB}/builds/42/artifacts").json()
    assert storage.get(url).status_code == 404


def test_an_artifact_without_bytes_cannot_be_downloaded(api):
    artifacts = api.get("/v2/organizations/acme/pipelines/zoo/builds/1/artifacts").json()
    states = {one["state"]: api.get(one["download_url"]).status_code for one in artifacts}
    assert states == {"new": 404, "error": 404, "finished": 302, "expired": 404}


@pytest.mark.parametrize("artifact_id", ["nope", "01920000-0000-700b-8000-000000000000"])
def test_no_artifact_is_404(api, artifacts, artifact_id):
    assert api.get(f"{ACME}/jobs/{artifacts[0]['job_id']}/artifacts/{artifact_id}").status_code == 404


def test_an_artifact_is_not_in_another_job(api, artifacts):
    one, other = artifacts[0], next(a for a in artifacts if a["job_id"] != artifacts[0]["job_id"])
    assert api.get(f"{ACME}/jobs/{other['job_id']}/artifacts/{one['id']}").status_code == 404
