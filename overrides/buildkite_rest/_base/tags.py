"""Tags of agents, which are strings in the form `key=value`."""

from __future__ import annotations

from collections.abc import Iterable

from .arguments import check_type, is_mapping, type_name


def parse_tags(tags: Iterable[str] | None) -> dict[str, str]:
    """Return tags as a mapping: `["queue=default", "os=linux"]` as `{"queue": "default", "os": "linux"}`.

    They are in `meta_data` of an agent and in `agent_query_rules` of a job. A value can contain `=`. A tag without `=`
    has the value `""`; as a rule it matches any value, as `*` does. Of several tags with one key, such as the queues of
    an agent outside clusters, the last one is in the mapping.

    Args:
        tags: The tags. None, as a field that the API did not return, is an empty mapping.

    Raises:
        TypeError: It is a str or a mapping, or a tag is not a str.
    """
    if isinstance(tags, str) or is_mapping(tags):
        raise TypeError(f"tags must be a list of str, not {type_name(tags)}")
    check_type("tags", () if tags is None else tags, Iterable, "a list of str")
    mapping: dict[str, str] = {}
    for tag in tags or ():
        check_type("a tag", tag, str, "a str")
        key, _, value = tag.partition("=")
        mapping[key] = value
    return mapping
