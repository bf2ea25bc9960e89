"""Documents as YAML text. Builds import this module, with nothing but PyYAML."""

import re
from typing import Any

import yaml


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=data.keys() == {"$ref"})


def _sequence(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    is_flat = bool(data) and not any(isinstance(each, dict | list) for each in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_flat)


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
# PyYAML writes a SHA such as 1e10 without quotes, which YAML 1.2 reads as a number.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^(?:[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+|0o[0-7]+)$"),
    list("-+0123456789"),
)


def dump(document: dict[str, Any]) -> str:
    """Return `document` as YAML. The same content gives the same text."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
