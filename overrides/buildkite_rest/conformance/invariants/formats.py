"""Rules for the formats of strings that the server makes, and for strings that consist of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from ..._base.json_values import as_object, is_array
from ..urls import url_parts
from .nodes import Node

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_SHA1: Final = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_SHA512: Final = re.compile(r"[0-9a-f]{128}", re.IGNORECASE)
_MD5: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_SLUG: Final = re.compile(r"[a-z0-9_.~-]+")
#: Slug of a pipeline, which a client may choose.
_CHOSEN_SLUG: Final = re.compile(r"[A-Za-z0-9_.~-]+")
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+(;.*)?")


def _is_network(text: str) -> bool:
    """Return whether a text is an IP address or a range in CIDR notation."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_range(text: str) -> bool:
    return "/" in text and _is_strict_network(text)


def _is_strict_network(text: str) -> bool:
    """Return whether a text is an IP address, or a range without bits after its prefix."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    return "/" not in text and _is_network(text)


#: Formats by the name of the property.
_FORMATS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "email": (_EMAIL.fullmatch, "an e-mail address"),
    "sha1sum": (_SHA1.fullmatch, "a SHA-1"),
    "sha256sum": (_SHA256.fullmatch, "a SHA-256"),
    "sha1": (_SHA1.fullmatch, "a SHA-1"),
    "sha256": (_SHA256.fullmatch, "a SHA-256"),
    "sha512": (_SHA512.fullmatch, "a SHA-512"),
    "md5": (_MD5.fullmatch, "an MD5"),
    "mime_type": (_MEDIA_TYPE.fullmatch, "a media type"),
    "slug": (_SLUG.fullmatch, "a name in URLs"),
    "cidr_range": (_is_range, "a range of addresses"),
    "ip_address": (_is_address, "an IP address"),
}
#: Formats of the items of an array, and of the words of a text, by the name of the property.
_ITEM_FORMATS: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "webhook_ips": (_is_strict_network, "an IP address or a range of addresses"),
    "allowed_ip_addresses": (_is_network, "an IP address or a range of addresses"),
}
_URL: Final = re.compile(r"(https?|git|ssh|wss?)://[^\s/]", re.IGNORECASE)
#: URLs that users enter, or that may be empty or relative.
_OTHER_URLS: Final = frozenset({"webhook_url", "clone_url", "clone_mirror_url", "avatar_url"})
#: URLs that are credentials, or that users choose.
_ENTERED_URLS: Final = frozenset({"webhook_url", "avatar_url"})


def _has_user(url: str) -> bool:
    parts = url_parts(url.strip())
    return parts.scheme.lower() in {"http", "https"} and bool(parts.username or parts.password)


def format_problems(node: Node) -> Iterator[str]:
    """Check the formats of an object's strings."""
    for name, value in node.value.items():
        if name in _ITEM_FORMATS:
            is_valid, noun = _ITEM_FORMATS[name]
            words = value if is_array(value) else value.split() if isinstance(value, str) else []
            for word in words:
                if not (isinstance(word, str) and is_valid(word)):
                    yield f"{node.label(name)} has an item that is not {noun}: {word!r}"
        if not isinstance(value, str):
            continue
        has_format, noun = _FORMATS.get(name, (None, ""))
        is_author = name == "email" and "id" not in node.value  # of a build
        is_chosen = name == "slug" and _CHOSEN_SLUG.fullmatch(value) and {"repository", "url"} & node.value.keys()
        is_entered = is_author or is_chosen
        if has_format is not None and value and not is_entered and not has_format(value):
            yield f"{node.label(name)} is not {noun}: {value!r}"
        if name.endswith("_url") and name not in _OTHER_URLS and value and _URL.match(value) is None:
            yield f"{node.label(name)} is not a URL: {value!r}"
        if (name == "url" or name.endswith("_url")) and name not in _ENTERED_URLS:
            yield from (f"{node.label(name)} has a user or a password" for each in value.split(",") if _has_user(each))
    yield from composition_problems(node)


def composition_problems(node: Node) -> Iterator[str]:
    """Check strings that consist of other properties."""
    for name, compose in _COMPOSED.items():
        found, expected = node.value.get(name), compose(node.value)
        if isinstance(found, str) and expected is not None and found.strip() != expected.strip():
            yield f"{node.label(name)} is {found!r} instead of {expected!r}"
    yield from _agent_problems(node)
    yield from _shape_problems(node)
    yield from _platform_problems(node)
    yield from _path_problems(node)
    yield from _repository_problems(node)
    yield from _alias_problems(node)
    location, file = node.value.get("location"), node.value.get("file_name")
    if isinstance(location, str) and isinstance(file, str) and file and not location.startswith(file):
        yield f"{node.label('location')} is {location!r} with the file_name {file!r}"


def _alias_problems(node: Node) -> Iterator[str]:
    """Check that the other names of an object are other ones."""
    name, aliases = node.value.get("name"), node.value.get("aliases")
    if isinstance(name, str) and is_array(aliases) and name in aliases:
        yield f"{node.label('aliases')} has the name {name!r} itself"


def _repository_problems(node: Node) -> Iterator[str]:
    """Check that the URLs of a repository are those of its owner and name."""
    name = node.value.get("full_name")
    if not isinstance(name, str):
        return
    for key, suffix in (("html_url", ""), ("clone_url", ".git")):
        url = node.value.get(key)
        if isinstance(url, str) and url_parts(url).path.removesuffix(suffix) != f"/{name}":
            yield f"{node.label(key)} is not that of {name}: {url}"


def _path_problems(node: Node) -> Iterator[str]:
    """Check that a path consists of a folder and a file name. A relative path may begin with `./`."""
    path, filename, folder = (node.value.get(name) for name in ("path", "filename", "dirname"))
    if not isinstance(path, str):
        return
    head, _, tail = path.replace("\\", "/").rpartition("/")
    if isinstance(filename, str) and filename != tail:
        yield f"{node.label('filename')} is {filename!r} with the path {path!r}"
    if isinstance(folder, str) and _folder(folder) != _folder(head):
        yield f"{node.label('dirname')} is {folder!r} with the path {path!r}"


def _folder(path: str) -> str:
    """Return a folder in the form in which it can be compared."""
    folder = path.replace("\\", "/").strip("/")
    return "" if folder == "." else folder.removeprefix("./")


def _dockerfile(value: Mapping[str, Any]) -> str | None:
    parts = (value.get("base_image"), value.get("dockerfile"))
    return "\n".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else None


def _rule_type(value: Mapping[str, Any]) -> str | None:
    parts = (value.get("source_type"), value.get("action"), value.get("target_type"))
    return ".".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else None


def _agent_problems(node: Node) -> Iterator[str]:
    """Check that `buildkite-agent/3.112.0 (linux; amd64)` has the version and the platform of the agent."""
    agent, *parts = (node.value.get(key) for key in ("user_agent", "version", "os_id", "arch"))
    if not isinstance(agent, str) or not all(isinstance(part, str) for part in parts):
        return
    version, system, architecture = parts
    if f"/{version}" not in agent or not agent.endswith(f" ({system}; {architecture})"):
        yield f"{node.label('user_agent')} is {agent!r} for {version}, {system} and {architecture}"


def _execution_url(value: Mapping[str, Any]) -> str | None:
    parts = (value.get("test_url"), value.get("execution_id"))
    return "?execution_id=".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else None


def _shape_problems(node: Node) -> Iterator[str]:
    """Check that the name of a machine, such as `MACOS_ARM64_M4_6X28`, has the architecture and size of the machine."""
    name, *parts = (node.value.get(key) for key in ("name", "machine_type", "architecture", "cpu", "memory"))
    if not isinstance(name, str) or None in parts:
        return
    kind, architecture, cpu, memory = (str(part).upper() for part in parts)
    if not name.startswith(f"{kind}_{architecture}_") or not name.endswith(f"_{cpu}X{memory}"):
        yield f"{node.label('name')} is {name!r} for {kind}, {architecture}, {cpu} CPUs and {memory} GB"


def _platform_problems(node: Node) -> Iterator[str]:
    """Check that hosted machines have the settings of their operating system, and are called hosted."""
    machines = as_object(node.value.get("hosted_agents"))
    kind = as_object(machines.get("instance_shape")).get("machine_type")
    if kind is None:
        return
    for name in as_object(machines.get("platform_settings")):
        if name != kind:
            yield f"{node.label('hosted_agents')} has the settings of {name} for {kind}"
    if node.value.get("hosted") is False:
        yield f"{node.label('hosted')} is false with hosted_agents"


#: Functions that compose a property of others, or return None if they do not know it.
_COMPOSED: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    "type": _rule_type,
    "composed_dockerfile": _dockerfile,
    "test_execution_url": _execution_url,
}
