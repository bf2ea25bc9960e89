"""Packages: published, uploaded through storage, listed, downloaded, copied and deleted."""

from __future__ import annotations

import hashlib

import pytest

from buildkite_rest.mock.http.bodies import LARGEST, File, parse_form

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


PACKAGES = "/v2/packages/organizations/acme/registries/debs/packages"
FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.deb"\r\n\r\n'
END = b"\r\n--x--\r\n"


@pytest.mark.parametrize(("raw", "form"), [
    (PART + b"\r\n--\r\n\x00\xff" + END, {"file": File("a.deb", b"\r\n--\r\n\x00\xff")}),
    (PART + END, {"file": File("a.deb", b"")}),
    (b'--x\r\ncontent-disposition: Form-Data; name="\xc3\xbc"\r\nX: y\r\n\r\n\xc3\xa4' + END, {"ü": "ä"}),
    (PART + b"1\r\n" + PART.replace(b"a.deb", b"\xff.deb") + b"2" + END, {"file": File("\ufffd.deb", b"2")}),
    (b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n' + END, {"file": File("", b"")}),
])  # fmt: skip
def test_forms(raw, form):
    assert parse_form({"content-type": FORM}, raw) == form


@pytest.mark.parametrize("raw", [
    b"--y\r\n\r\n--y--", b"x", b"--x", PART, PART + b"cut off", PART + b"cut off\r\n--x\r\n",
    b"--x\r\n\r\nno name" + END, b"--x\r\nContent-Disposition: form-data\r\n\r\nno name" + END,
    b'--x\r\nContent-Disposition: form-data; name="package_url"\r\n\r\n\xff' + END,
    b"--x\r\n" + b"A: b\r\n" * 1000 + b"\r\n" + END, b"--x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n" + END,
])  # fmt: skip
def test_an_invalid_form_is_400(api, capsys, raw):
    response = api.post(PACKAGES, content=raw, headers={"Content-Type": FORM})
    assert response.status_code == 400
    assert "multipart form" in response.json()["message"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 400), (1 << 20, 400)])
def test_a_form_has_a_largest_size(api, monkeypatch, extra, status):
    assert LARGEST["multipart/form-data"] == 64 << 20
    monkeypatch.setitem(LARGEST, "multipart/form-data", 5 << 20)
    size = LARGEST["multipart/form-data"] - len(PART) - len(END) + extra
    response = api.post(PACKAGES, content=PART + bytes(size) + END, headers={"Content-Type": FORM})
    assert response.status_code == status
    if status == 200:
        assert response.json()["metadata"]["file_size"] == size
