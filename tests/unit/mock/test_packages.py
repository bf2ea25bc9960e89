"""Packages: published, uploaded through storage, listed, downloaded, copied and deleted."""

from __future__ import annotations

import hashlib

import pytest

REGISTRIES = "/v2/packages/organizations/acme/registries"
GEMS = f"{REGISTRIES}/gems/packages"
DEBS = f"{REGISTRIES}/debs/packages"


def publish(api, path, name, content=b"bytes"):
    return api.post(path, files={"file": (name, content)})


def download(storage, package):
    response = storage.get(package["metadata"]["download_url"])
    assert response.status_code == 200
    return response.content


def test_lifecycle_of_a_package(api, storage, clock):
    content = bytes(range(256)) * 3
    response = publish(api, GEMS, "acme-ü-1.0.gem", content)
    package = response.json()
    assert response.status_code == 200
    assert (package["name"], package["version"], package["variant"]) == ("acme-ü", "1.0", None)
    assert package["digests"] == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha512": hashlib.sha512(content).hexdigest(),
    }
    assert package["metadata"]["file_size"] == len(content)
    assert package["created_at"] == "2026-03-02T10:00:00Z"
    assert package["registry"]["slug"] == "gems"
    assert download(storage, package) == content
    assert api.get(package["url"]).json() == package
    listed = api.get(GEMS).json()["items"][0]
    assert listed == {key: value for key, value in package.items() if key not in {"organization", "registry"}}
    assert api.get(package["url"].replace("gems", "debs")).status_code == 404
    gone = api.delete(package["url"])
    assert (gone.status_code, gone.content) == (200, b"")
    assert api.get(package["url"]).status_code == 404
    assert storage.get(package["metadata"]["download_url"]).status_code == 404
    assert api.get(GEMS).json()["items"][0]["id"] != package["id"]


@pytest.mark.parametrize(
    ("registry", "filename", "expected"),
    [
        ("debs", "shop-cron_1.1-2_amd64.deb", ("shop-cron", "1.1-2", "amd64")),
        ("wheels", "shop_web-2.0.tar.gz", ("shop_web", "2.0", None)),
        ("charts", "no version", ("no version", None, None)),
        ("downloads", "kiosk-3.0.0-rc.1.bin", ("kiosk", "3.0.0-rc.1", None)),
        ("charts", "C:\\x\\..\\shop-9.9.tgz", ("shop", "9.9", None)),
    ],
)
def test_the_file_name_gives_name_and_version(api, registry, filename, expected):
    package = publish(api, f"{REGISTRIES}/{registry}/packages", filename).json()
    assert (package["name"], package["version"], package["variant"]) == expected
    assert "/" not in package["metadata"]["filename"]


@pytest.fixture
def form(api):
    response = api.post(f"{DEBS}/upload")
    assert response.status_code == 200
    return response.json()["form"]


def send(storage, form, name="pool_1_all.deb", content=b"from storage", **changes):
    data = {key: value for key, value in {**form["data"], **changes}.items() if value is not None}
    return storage.request(form["method"], form["url"], data=data, files={form["file_input"]: (name, content)})


def package_url(form, name):
    return {"package_url": (None, f"{form['url']}/{form['data']['key'].replace('${filename}', name)}")}


@pytest.mark.parametrize(("name", "quoted"), [("pool_1_all.deb", "pool_1_all.deb"), ("a b.deb", "a%20b.deb")])
def test_an_upload_through_storage(api, storage, form, name, quoted):
    stored = send(storage, form, name)
    assert (stored.status_code, stored.content) == (204, b"")
    response = api.post(DEBS, files=package_url(form, quoted))
    assert response.status_code == 200
    package = response.json()
    assert package["metadata"]["filename"] == name
    assert download(storage, package) == b"from storage"
    assert api.post(DEBS, files=package_url(form, quoted)).status_code == 400


def copy(api, package, to):
    return api.post(f"{package['url']}/copy?to={to}")


def test_a_copy(api, storage):
    package = publish(api, GEMS, "new-1.0.gem").json()
    response = copy(api, package, "gems-stable")
    copied = response.json()
    assert response.status_code == 200
    assert copied["id"] != package["id"]
    assert copied["registry"]["slug"] == "gems-stable"
    assert [copied[key] for key in ("name", "version", "digests")] == [
        package[key] for key in ("name", "version", "digests")
    ]
    assert copied["id"] == api.get(f"{REGISTRIES}/gems-stable/packages").json()["items"][0]["id"]
    assert api.delete(package["url"]).status_code == 200
    assert download(storage, api.get(copied["url"]).json()) == b"bytes"
