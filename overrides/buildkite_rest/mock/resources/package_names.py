"""Names of package files: name, version and variant, by the kind of package.

They are parsed with methods of str: regular expressions would take more than linear time.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Parts: TypeAlias = tuple[str, str, str]
"""Name, version and variant. The variant may be empty."""
_EXTENSION: Final = 4
"""Length of the extensions of package kinds, with the dot."""


def parts_of(filename: str) -> Parts | None:
    """Parse the name of a package file. Return None if it has no version."""
    stem = filename[:-_EXTENSION]
    match filename[-_EXTENSION:]:
        case ".deb":
            return _split_fields(stem, "_", stem.count("_"))
        case ".whl":
            return _split_fields(stem, "-", 2)
        case ".rpm":
            return _rpm(stem)
        case ".apk":
            return _apk(stem)
        case ".gem":
            return _gem(stem)
        case _:
            return (
                None if filename[-_EXTENSION:].lower() in (".deb", ".whl", ".rpm", ".apk", ".gem") else _other(filename)
            )


def _split_fields(stem: str, separator: str, most: int) -> Parts | None:
    fields = stem.split(separator, most)
    return (fields[0], fields[1], fields[2]) if len(fields) == 3 and all(fields) else None


def _rpm(stem: str) -> Parts | None:
    head, _, variant = stem.rpartition(".")
    left, _, release = head.rpartition("-")
    index = _version_at(left, "-_", left.rfind("-"), v=True)
    if index is None or not release or not variant:
        return None
    return left[:index], f"{left[index + 1 :]}-{release}", variant


def _apk(stem: str) -> Parts | None:
    body, mark, revision = stem.rpartition("-r")
    body = body if mark and revision.isdecimal() else stem
    index = _version_at(body, "-_", body.rfind("-"))
    return None if index is None else (stem[:index], stem[index + 1 :], "")


def _gem(stem: str) -> Parts | None:
    index = _version_at(stem, "-")
    if index is None:
        return None
    version, mark, variant = stem[index + 1 :].partition("-")
    return None if mark and not variant else (stem[:index], version, variant)


def _other(filename: str) -> Parts | None:
    stem, _, extension = filename.rpartition(".")
    stem = stem.removesuffix(".tar")
    index = _version_at(stem, "-", v=True)
    return (
        (stem[:index], stem[index + 1 :], "")
        if index is not None and extension.isascii() and extension.isalnum()
        else None
    )


def _version_at(stem: str, separators: str, start: int = 0, *, v: bool = False) -> int | None:
    """Return the index of the first separator before a version, from `start`. With `v` a version may begin with a v."""
    for index in range(max(start, 1), len(stem)):
        if stem[index] in separators and stem[index + 1 : index + 3].removeprefix("v" if v else "")[:1].isdecimal():
            return index
    return None
