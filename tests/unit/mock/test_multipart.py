"""Multipart forms, valid and invalid."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.http.bodies import LARGEST, File, parse_form

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
    assert parse_form(FORM, raw) == form


@pytest.mark.parametrize("raw", [
    b"--y\r\n\r\n--y--", b"x", b"--x", PART, PART + b"cut off", PART + b"cut off\r\n--x\r\n",
    b"--x\r\n\r\nno name" + END, b"--x\r\nContent-Disposition: form-data\r\n\r\nno name" + END,
    b'--x\r\nContent-Disposition: attachment; name="file"\r\n\r\n' + END,
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
