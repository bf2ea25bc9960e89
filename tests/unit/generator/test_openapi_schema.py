"""Whatever a maintainer gets wrong, the answer is a line that says where, and never a traceback."""

import copy
import itertools

import pytest
from generator.bundle import dump, read_bundle
from generator.errors import GenerationError, Location
from generator.fragment import read_fragment
from generator.lint import lint
from generator.methods import read_resources
from tests.unit.generator.spec_fixture import ROBOTS, ROOT, SPEC, TAPES, line_of

FILES = (ROOT, ROBOTS, TAPES)
DROPPED = object()
# Nothing at all, nothing behind a colon, and something else than what belongs there.
WRONG = (DROPPED, None, True, 7, "x", [], [7], {}, {"x": 7})


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "says"),
    [
        pytest.param(
            ROBOTS,
            "&id\n        - &robot {$ref: '#/components/parameters/id'} # getRobot id",
            "&id",
            "parameters: &id",
            'not of type "array"',
            id="empty list",
        ),
        pytest.param(
            ROBOTS, "type: integer} # legs", "type: int} # legs", "# legs", '"int" is not valid', id="unknown type"
        ),
        pytest.param(
            ROBOTS,
            "type: integer} # legs",
            "type: array, items: true} # legs",
            "# legs",
            'not of type "object"',
            id="schema that says nothing",
        ),
        pytest.param(
            ROBOTS,
            "'200': # getRobot 200",
            "ok: # getRobot 200",
            "responses: # getRobot responses",
            "'ok' was unexpected",
            id="no status",
        ),
        pytest.param(
            ROBOTS, "parts: {description: How many", "parts: [how many", "# Part parts", "", id="list for a mapping"
        ),
        pytest.param(
            TAPES, "headers: [Range]", "headers: Range", "headers: Range}", 'not of type "array"', id="variant"
        ),
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
def test_a_wrong_shape_is_found_where_it_is(file, old, new, at, says, *, edited):
    spec = edited((file, old, new))
    with pytest.raises(GenerationError) as raised:
        read_bundle(spec)
    problem = raised.value.problems[0]
    assert problem.where == Location(spec / file, line_of(spec / file, at))
    assert says in problem.message


def test_one_line_for_each_place(edited):
    # JSON Schema finds fault with an absent schema once for each kind of schema that it is not.
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


def _places(node, pointer=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*pointer, key)
        yield from _places(value, (*pointer, key))


def _spoil(data, pointer, value):
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
@pytest.mark.parametrize("start", range(5))
def test_nothing_that_is_wrong_ends_in_a_traceback(file, start, edited):
    spec = edited()
    data = read_fragment(spec / file).data
    # Every other place, each with one of the wrong values: all places with all values take minutes.
    pointers = sorted(_places(data), key=str)[start::10]
    for pointer, value in zip(pointers, itertools.cycle(WRONG[start:] + WRONG[:start]), strict=False):
        (spec / file).write_text(dump(_spoil(data, pointer, value)), encoding="utf-8")
        try:
            bundle = read_bundle(spec)
            if not lint(bundle):
                read_resources(bundle.document)
        except GenerationError:
            pass
        except Exception as error:
            pytest.fail(f"{file}: {' '.join(map(str, pointer))} = {value}: {error!r}")


def test_the_description_itself_is_sound():
    read_resources(read_bundle(SPEC).document)
