"""Multipart forms, valid and invalid."""

from __future__ import annotations

import random

import pytest

from buildkite_rest.mock.http.bodies import LARGEST, File, parse_form
from buildkite_rest.mock.http.errors import BadRequestError

from .caller import WEB

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


@pytest.mark.parametrize("media", [
    "multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 300}",
    "multipart/form-data;;;=\"", "multipart/mixed; boundary=x", "application/json", "application/octet-stream", "\xe9",
])  # fmt: skip
def test_another_media_type_is_400(api, media):
    headers = {"Content-Type": media.encode("latin-1")}
    assert api.post(PACKAGES, content=PART + END, headers=headers).status_code == 400


def test_a_form_in_place_of_json_is_400(api):
    assert api.post(f"{WEB}/builds", files={"file": ("a", b"")}).status_code == 400


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 400), (1 << 20, 400)])
def test_a_form_has_a_largest_size(api, monkeypatch, extra, status):
    assert LARGEST["multipart/form-data"] == 64 << 20
    monkeypatch.setitem(LARGEST, "multipart/form-data", 5 << 20)
    size = LARGEST["multipart/form-data"] - len(PART) - len(END) + extra
    response = api.post(PACKAGES, content=PART + bytes(size) + END, headers={"Content-Type": FORM})
    assert response.status_code == status
    if status == 200:
        assert response.json()["metadata"]["file_size"] == size


def test_random_bytes_are_a_form_or_rejected():
    chance = random.Random(5)
    chunks = [
        b"--x", b"--", b"\r\n", b"\r", b"\n", b":", b";", b'"', b"\\", b"=", b"name", b"filename", b" ", b"*", b"x",
        b"Content-Disposition: form-data; name=", b"\x00", b"\xff", b"a", PART, END,
    ]  # fmt: skip
    outcomes = set()
    for _ in range(3000):
        raw = b"".join(chance.choices(chunks, k=chance.randint(1, 25)))
        try:
            form = parse_form(FORM, b"--x\r\n" + raw if chance.random() < 0.5 else PART + raw + END)
        except BadRequestError:
            outcomes.add("refused")
        else:
            outcomes.add("accepted")
            assert all(isinstance(value, str | File) for value in form.values())
    assert outcomes == {"refused", "accepted"}
