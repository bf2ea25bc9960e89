"""Invalid documents are problems with a line, never a traceback."""

import copy
import itertools

import pytest
from generator.bundle import read_bundle
from generator.derived import dump
from generator.errors import GenerationError, Location
from generator.fragment import read_fragment
from generator.lint import lint
from generator.methods import read_resources
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, TAPES, line_of

FILES = (ROOT, ROBOTS, TAPES)
DROPPED = object()
# A missing value, an empty one, and values of other types.
WRONG = (DROPPED, None, True, 7, "x", [], [7], {}, {"x": 7})


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "message"),
    [
        pytest.param(
            ROBOTS,
            "&id\n        - &robot {$ref: '#/components/parameters/id'} # getRobot id",
            "&id",
            "parameters: &id",
            "null is not of type",
            id="empty list",
        ),
        pytest.param(
            ROBOTS,
            "type: integer} # legs",
            "type: int} # legs",
            "# legs",
            '"int" is not valid under any',
            id="unknown type",
        ),
        pytest.param(
            ROBOTS,
            "type: integer} # legs",
            "type: array, items: true} # legs",
            "# legs",
            "true is not of type",
            id="schema without content",
        ),
        pytest.param(
            ROBOTS,
            "'200': # getRobot 200",
            "ok: # getRobot 200",
            "ok: # getRobot 200",
            "'ok' is not a key here",
            id="no status",
        ),
        pytest.param(
            ROBOTS, "parts: {description: How many", "parts: [how many", "# Part parts", "", id="list for a mapping"
        ),
        pytest.param(TAPES, "headers: [Range]", "headers: Range", "headers: Range}", "is not of type", id="variant"),
        pytest.param(
            ROOT,
            "    description: Robots, big and small.\n",
            "",
            "- name: robots",
            '"description" is a required property',
            id="tag",
        ),
    ],
)
def test_an_invalid_value_is_found_at_its_line(file, old, new, at, message, *, edited):
    spec = edited((file, old, new))
    with pytest.raises(GenerationError) as raised:
        read_bundle(spec)
    problem = raised.value.problems[0]
    assert problem.location == Location(spec / file, line_of(spec / file, at))
    assert message in problem.message


def test_one_line_for_each_value(edited):
    # JSON Schema reports an absent schema once for each kind of schema.
    spec = edited(
        (
            ROBOTS,
            "    State: # State\n      description: How far a robot has come.\n",
            "    Nothing:\n    State:\n      description: S.\n",
        )
    )
    with pytest.raises(GenerationError) as raised:
        read_bundle(spec)
    [problem] = raised.value.problems
    where = f"{spec / ROBOTS}:{line_of(spec / ROBOTS, 'Nothing:')}"
    assert str(problem) == f'{where}: components schemas Nothing: null is not of type "object" [openapi]'


def _pointers(node, pointer=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*pointer, key)
        yield from _pointers(value, (*pointer, key))


def _damage(data, pointer, value):
    data = copy.deepcopy(data)
    node = data
    for key in pointer[:-1]:
        node = node[key]
    if value is DROPPED:
        del node[pointer[-1]]
    else:
        node[pointer[-1]] = value
    return data


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("start", [0, *(pytest.param(start, marks=pytest.mark.exhaustive) for start in range(1, 5))])
def test_no_invalid_value_ends_in_a_traceback(file, start, edited):
    spec = edited()
    data = read_fragment(spec / file).data
    # A tenth of all pointers, each with one of the values: all pointers with all values take minutes.
    pointers = sorted(_pointers(data), key=str)[start::10]
    for pointer, value in zip(pointers, itertools.cycle(WRONG[start:] + WRONG[:start]), strict=False):
        (spec / file).write_text(dump(_damage(data, pointer, value)), encoding="utf-8")
        try:
            bundle = read_bundle(spec)
            if not lint(bundle):
                read_resources(bundle.document)
        except GenerationError:
            pass
        except Exception as error:
            pytest.fail(f"{file}: {' '.join(map(str, pointer))} = {value}: {error!r}")
