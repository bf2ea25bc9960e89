"""Signed forms with which clients send files straight to storage, as object stores know them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from .clock import iso
from .engine.multipart import File
from .engine.origins import is_ip
from .errors import BadRequestError, ForbiddenError
from .ids import Kind
from .render.view import Json
from .world.packages import base_name
from .world.world import World

#: Seconds for which a form can be used.
FORM_LIFE_SECONDS = 900
UPLOAD_PATH = "/packages"
_FILE_INPUT = "file"
_FILENAME = "${filename}"


def upload_form(world: World, storage_url: str) -> Json:
    """Return a form to send one file with."""
    prefix = f"uploads/{world.new_id(Kind.PACKAGE_UPLOAD)}"
    key, stamp = f"{prefix}/{_FILENAME}", iso(world.clock())[:19].replace("-", "").replace(":", "") + "Z"
    conditions = {"expiration": iso(world.clock() + FORM_LIFE_SECONDS), "key": key}
    policy = base64.b64encode(msgspec.json.encode(conditions)).decode()
    data = {
        "key": key,
        "acl": "private",
        "policy": policy,
        "x-amz-credential": f"MOCK/{stamp[:8]}/us-east-1/s3/aws4_request",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-date": stamp,
        "x-amz-signature": _signature(world, policy),
    }
    form = {"method": "POST", "url": f"{storage_url}{UPLOAD_PATH}", "file_input": _FILE_INPUT, "data": data}
    return {"uri": f"s3://packages-storage/{prefix}", "form": form}


def uploaded_key(storage_url: str, package_url: str) -> str:
    """Return the key of a file in storage by its URL, which is empty if it has none.

    The URL may have another name of the storage than `storage_url`: which one a form has depends on the name under
    which the client used the API.
    """
    try:
        expected, url = (urlsplit(each) for each in (storage_url, package_url))
        same_port = (url.scheme, url.port) == (expected.scheme, expected.port)
    except ValueError:
        return ""
    names = {expected.hostname or "", url.hostname or ""}
    if not same_port or not (len(names) == 1 or all(name == "localhost" or is_ip(name) for name in names)):
        return ""
    prefix = f"{UPLOAD_PATH}/"
    return unquote(url.path[len(prefix) :]) if url.path.startswith(prefix) else ""


def take_upload(world: World, form: Mapping[str, str | File]) -> None:
    """Keep the file of a form that is signed and still valid, or refuse it."""
    policy, signature = (_text(form, name) for name in ("policy", "x-amz-signature"))
    if not hmac.compare_digest(signature.encode(), _signature(world, policy).encode()):
        raise ForbiddenError("The signature does not match")
    conditions = msgspec.json.decode(base64.b64decode(policy), type=dict[str, str])
    if iso(world.clock()) >= conditions["expiration"]:
        raise ForbiddenError("Policy expired")
    if _text(form, "key") != conditions["key"] or _text(form, "acl") != "private":
        raise ForbiddenError("Policy condition failed")
    name, file = list(form.items())[-1]
    if name != _FILE_INPUT or not isinstance(file, File):
        raise BadRequestError(f"The last field must be {_FILE_INPUT}, with a file")
    world.uploads[conditions["key"].replace(_FILENAME, base_name(file.name))] = file.content


def _text(form: Mapping[str, str | File], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _signature(world: World, policy: str) -> str:
    return hmac.new(world.signing_key, f"upload\n{policy}".encode(), hashlib.sha256).hexdigest()
