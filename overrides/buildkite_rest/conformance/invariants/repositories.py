"""Rules for the repository of a pipeline: the settings of its provider name the same one."""

from __future__ import annotations

from collections.abc import Iterator

from ..._base.json_values import as_object
from .nodes import Node


def repository_problems(node: Node) -> Iterator[str]:
    """Compare the URL of a repository with its name in the settings of the provider."""
    url, settings = node.value.get("repository"), as_object(as_object(node.value.get("provider")).get("settings"))
    name = settings.get("repository")
    if isinstance(url, str) and isinstance(name, str) and name.lower() not in url.lower():
        yield f"{node.label('provider')}.settings.repository is {name!r}, but {node.label('repository')} {url!r}"
