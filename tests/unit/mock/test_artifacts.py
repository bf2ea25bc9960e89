"""Artifacts, and downloads from the storage origin."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest

from .caller import STORAGE, WEB


@pytest.fixture
def artifacts(api):
    found = api.get(f"{WEB}/builds/42/artifacts").json()
    assert len(found) >= 3
    return found


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
