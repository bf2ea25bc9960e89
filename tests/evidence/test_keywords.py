"""Defaults and limits of the documentation and of the spec, and values in prose."""

import pytest
from tests.evidence.keywords import keywords_of_node, keywords_of_text
from tests.unit.generator.spec_fixture import ROBOTS, write_behaviour

AT_MOST = [
    "At most",
    "Up to",
    "Limited to",
    "No more than",
    "No longer than",
    "Must not exceed",
    "May not be greater than",
    "It cannot be longer than",
    "Max",
    "Max:",
    "Maximum of",
    "The maximum is",
]
AT_LEAST = ["At least", "No less than", "Must not be fewer than", "Minimum", "Min:", "A minimum of", "The minimum is"]
FORMS = [
    ('Default: `"HEAD"`', {"default": "HEAD"}),
    ("Default:\n`true`", {"default": "true"}),
    ("Default value: `{}`.", {"default": "{}"}),
    ("Default is `3`.", {"default": "3"}),
    ("The default value is `desc`.", {"default": "desc"}),
    ("They have a default priority of `3`.", {"default": "3"}),
    ("The default period when no `period` is specified is `7days`.", {"default": "7days"}),
    ("Defaults to `all`.", {"default": "all"}),
    ("Defaults to false, unlike in the list.", {"default": "false"}),
    ("Omitting this field defaults it to `required`.", {"default": "required"}),
    ("Either `warm` (default), which is fast, or `cold`", {"default": "warm"}),
    ("With `warm`, the default, those that finished last.", {"default": "warm"}),
    ("If it is omitted, then the value `warm` is used.", {"default": "warm"}),
    ("The `build` value returns those of builds and is the default. The `job` value", {"default": "build"}),
    ("A word (default: `/bk`) by an owner.", {"default": "/bk"}),
    ("Defaults to `30` and has a maximum of `100`.", {"default": "30", "maximum": "100"}),
    ("Maximum: `100`", {"maximum": "100"}),
    ("Number of items, at most 100,000.", {"maximum": "100000"}),
    ("The priority (`1` to `10`).", {"minimum": "1", "maximum": "10"}),
    ("Priority, from 1 (last) to 10 (first).", {"minimum": "1", "maximum": "10"}),
    ("Maximum length is 255 characters.", {"maxLength": "255"}),
    ("A name, at most 100 letters and digits.", {"maxLength": "100"}),
    ("Must be less than 8 kilobytes.", {"maxLength": "8191"}),
    ("Disabled by default.", {"default": "false"}),
    ("Boolean\nOn by default", {"default": "true"}),
    ("`false` by default.", {"default": "false"}),
    ("If omitted, `false` is used.", {"default": "false"}),
    *((f"A key. {words} 64 characters", {"maxLength": "64"}) for words in AT_MOST),
    *((f"A page. {words} `50`.", {"maximum": "50"}) for words in AT_MOST),
    *((f"A key. {words} 2\ncharacters", {"minLength": "2"}) for words in AT_LEAST),
    *((f"A priority. {words} `0`", {"minimum": "0"}) for words in AT_LEAST),
    ("Must be 64 characters or fewer", {"maxLength": "64"}),
    ("64 or less", {"maximum": "64"}),
    ("2 characters or more, 3 or greater", {"minLength": "2", "minimum": "3"}),
    ("Maximum length: `64`", {"maxLength": "64"}),
    ("Min length of 2.", {"minLength": "2"}),
    *((text, {"minimum": "0", "maximum": "10"}) for text in ("between `0` and `10`", "(0-10)", "(from 0 to 10)")),
    *((f"{text} letters", {"minLength": "2", "maxLength": "9"}) for text in ("between 2 and 9", "2 to 9")),
    ("Builds that wait. They are off by default.", {"default": "false"}),
    ("Whether it is enabled by default", {}),
    ("From 2024-01-10 to the current day.", {}),
    ("Defaults to the current time.", {}),
    ("Whether users join by default (`true`, `false`)", {}),
    ("The image, or `null` when the queue uses its default image.", {}),
]


@pytest.mark.parametrize(("text", "keywords"), FORMS)
def test_forms(text, keywords):
    assert keywords_of_text(text) == {name: {value} for name, value in keywords.items()}


NODES = [
    ({"default": False}, {"default": "false"}),
    ({"default": None}, {"default": "null"}),
    ({"x-behaviour": {"filters": {"default": "true"}}}, {"default": "true"}),
    ({"x-behaviour": {"sorts": {"default": "desc"}}}, {"default": "desc"}),
    ({"x-behaviour": {"page-size": {"default": 30, "maximum": 100}}}, {"default": "30", "maximum": "100"}),
    ({"minimum": 1, "maximum": 10}, {"minimum": "1", "maximum": "10"}),
    ({"maxLength": 255}, {"maxLength": "255"}),
    ({"x-behaviour": {"strict": {"maxLength": 8191}}}, {"maxLength": "8191"}),
]


@pytest.mark.parametrize(("node", "keywords"), NODES)
def test_keywords_of_the_spec(node, keywords):
    assert keywords_of_node(node) == {name: {value} for name, value in keywords.items()}


OWNER = (ROBOTS, "Who owns it, null for nobody.")
BEHAVIOUR = "schemas: {RobotCreate: {effects: {defaults: {owner: me}}}}\n"
SPECS = [
    ([(*OWNER, "Who owns it. Defaults to `me`.")], "", "default 'you', in the spec 'me'"),
    ([], BEHAVIOUR, "default 'you', in the spec 'me'"),
    ([(*OWNER, "Who owns it. Defaults to `you`.")], BEHAVIOUR, "default 'you', in the spec 'me' or 'you'"),
    ([(*OWNER, "Who owns it, such as you.")], "", "default 'you' is not in the spec"),
]


@pytest.mark.parametrize(("edits", "text", "message"), SPECS, ids=["description", "behaviour", "both", "mention"])
def test_another_default_is_found(documented, edited, edits, text, message):
    spec = edited(*edits)
    if text:
        write_behaviour(spec, text)
    found = documented(("Its owner.", "Its owner. Default: <code>you</code>"), spec=spec)
    assert found == {f"docs body RobotCreate.owner: {message}"}


def test_the_same_default_is_no_difference(documented, edited):
    spec = write_behaviour(edited((*OWNER, "Who owns it. Defaults to `me`.")), BEHAVIOUR)
    assert documented(("Its owner.", "Default: <code>me</code>"), spec=spec) == set()


@pytest.mark.parametrize(("maximum", "differs"), [(9, False), (5, True), (20, True)])
def test_another_limit_is_found(documented, edited, maximum, differs):
    spec = edited(
        (ROBOTS, "schema: {type: array, items: {type: integer}}", f"schema: {{type: array, maximum: {maximum}}}")
    )
    found = documented(
        ("of a year.", "of a year (<code>1</code> to <code>9</code>)."), spec=spec, page="_robot_filters.md"
    )
    subject = "docs query listRobots built[]"
    expected = {f"{subject}: minimum '1' is not in the spec"}
    assert found == expected | ({f"{subject}: maximum '9', in the spec '{maximum}'"} if differs else set())


def test_a_value_in_a_sentence_is_found(documented):
    sentence = "The <code>sold</code> value may follow, as <code>owner</code> <code>null</code>."
    found = documented(("Must be <code>planned</code> or <code>built</code>.", sentence))
    assert found == {"docs body RobotCreate.state: value 'sold' is not in the spec"}


def test_another_value_of_the_behaviour_is_found(documented, edited):
    spec = write_behaviour(
        edited(), "schemas: {RobotCreate: {properties: {owner: {strict: {enum: [me, us, null]}}}}}\n"
    )
    page = ("Its owner.", "Its owner. Accepted values are <code>me</code> and <code>you</code>.")
    subject = "docs body RobotCreate.owner"
    expected = {f"{subject}: value 'you' is not in the spec", f"{subject}: value 'us' is only in the spec"}
    assert documented(page, spec=spec) == expected
