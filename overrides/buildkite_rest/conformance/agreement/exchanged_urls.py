"""Images of other items: URLs that end with the name of another item of the list, as of another emoji."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..._base.json_values import as_array, as_object
from ..identities import identity_of
from ..spec import Operation, Spec
from ..urls import url_parts


def exchanged_urls(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Yield the first item whose `url` ends with the `name` of another one, whose own `url` does not.

    Items with an id are left out: the name in their URL may be another one than their current name.
    """
    known = [item for item in map(as_object, items) if identity_of(item) is None]
    files = {str(item.get("name")): _file_of(str(item.get("url"))) for item in known}
    for item in known:
        name, file = str(item.get("name")), files[str(item.get("name"))]
        if file in files and file not in (name, *as_array(item.get("aliases"))) and files[file] != file:
            yield f"url of {name} ends with {file}, the name of another item, whose url ends with {files[file]}"
            return


def _file_of(url: str) -> str:
    """Return the last segment of a URL without its extension."""
    return url_parts(url).path.rpartition("/")[2].partition(".")[0]
