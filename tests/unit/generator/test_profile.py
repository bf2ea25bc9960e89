"""The profile is the only place that knows Buildkite, and agrees with the client."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from generator import profile
from generator.runtime.ports import Operation

import buildkite_rest

GENERATOR = Path(profile.__file__).parent
FILES = [path for path in sorted(GENERATOR.rglob("*")) if path.suffix in (".py", ".jinja", ".jinja2")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(GENERATOR).as_posix())
def test_only_the_profile_names_buildkite(path):
    assert path.name == "profile.py" or "buildkite" not in path.read_text(encoding="utf-8").lower()


def test_exceptions_are_those_of_the_client():
    assert [name for name in profile.EXCEPTIONS.values() if not hasattr(buildkite_rest, name)] == []


def test_kinds_of_pagination_are_those_of_the_runtime():
    assert set(get_args(get_type_hints(Operation)["pagination"])) == set(profile.PAGINATION)
