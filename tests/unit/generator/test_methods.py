"""How operations become methods: their arguments, what they ask of a port, and what cannot become a method."""

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.methods import parse
from generator.pipeline import load
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, TAPES

_FORM = "multipart/form-data:\n            schema: {$ref: '#/components/schemas/RobotCreate'}"


@pytest.fixture(scope="module")
def calls():
    """Every call by tag and method name."""
    _, resources = parse(read_bundle(SPEC).document)
    return {f"{resource.tag}.{call.method_name}": call for resource in resources for call in resource.calls}


def _arguments(call):
    return {argument.python_name: argument for argument in call.arguments}


def test_there_is_a_call_for_each_operation_and_each_variant(calls):
    assert list(calls) == [
        *("robots.health", "robots.list", "robots.create", "robots.get", "robots.delete"),
        *("tapes.list", "tapes.get", "tapes.get_text", "tapes.stream_html", "tapes.head", "tapes.get_download"),
    ]


@pytest.mark.parametrize(
    ("argument", "annotation", "style"),
    [
        pytest.param("state", "params.State | Sequence[params.State]", "scalar-or-array", id="twins"),
        pytest.param("built", "int | Sequence[int]", "array", id="array alone"),
        pytest.param("meta_data", "params.MetaData", "deepObject", id="deepObject"),
        pytest.param("page", "int", None, id="scalar"),
    ],
)
def test_query_arguments(calls, argument, annotation, style):
    call = calls["robots.list"]
    assert _arguments(call)[argument].annotation == annotation
    assert _arguments(call)[argument].name == argument
    assert call.query_styles.get(argument) == style


def test_twins_become_one_argument(calls):
    names = [argument.name for argument in calls["robots.list"].arguments]
    assert names == ["state", "built", "meta_data", "page", "per_page"]


def test_a_reference_with_a_description_of_its_own_keeps_its_type(edited):
    bare = "state: {$ref: '#/components/schemas/State'}\n    Pairing"
    described = "state: {description: Its start., allOf: [{$ref: '#/components/schemas/State'}]}\n    Pairing"
    _, resources = parse(read_bundle(edited((ROBOTS, bare, described))).document)
    create = next(call for call in resources[0].calls if call.method_name == "create")
    state = _arguments(create)["state"]
    assert (state.annotation, state.description) == ("params.State", "Its start.")


def test_body_arguments(calls):
    body = {name: (a.annotation, a.required) for name, a in _arguments(calls["robots.create"]).items()}
    assert body == {
        "label": ("str", False),
        "name": ("str", True),
        "owner": ("str | None", False),
        "parts": ("Sequence[params.Part]", True),
        "state": ("params.State", False),
    }
    assert {argument.place for argument in calls["robots.create"].arguments} == {"body"}


def test_an_argument_says_what_the_named_schema_says(calls):
    # Nothing can stand beside a reference, so the text comes from where it leads.
    assert _arguments(calls["robots.create"])["state"].description == "How far a robot has come."


def test_a_header_is_an_argument_of_its_variant_only(calls):
    assert _arguments(calls["tapes.stream_html"])["range_"].name == "Range"
    assert list(_arguments(calls["tapes.get"])) == ["id"]
    assert list(_arguments(calls["tapes.get_text"])) == ["id"]


def test_a_header_that_no_variant_claims_is_an_argument_of_all(edited):
    spec = edited((TAPES, ", headers: [Range]}", "}"))
    _, resources = parse(read_bundle(spec).document)
    calls = {call.method_name: call for resource in resources for call in resource.calls if resource.tag == "tapes"}
    assert [name for name, call in calls.items() if "range_" in _arguments(call)] == ["get", "get_text", "stream_html"]


@pytest.mark.parametrize(
    ("name", "returns", "result", "item", "accept"),
    [
        ("robots.list", "json", "builtins.list[models.Robot]", "models.Robot", "application/json"),
        ("robots.get", "json", "models.Robot", "Any", "application/json"),
        ("robots.delete", "nothing", "", "", "application/json"),
        ("tapes.list", "json", "models.TapeList", "models.Tape", "application/json"),
        ("tapes.get_text", "text", "", "", "text/plain"),
        ("tapes.stream_html", "stream", "", "", "text/html"),
        ("tapes.head", "headers", "", "", "application/json"),
        ("tapes.get_download", "json", "models.TapeDownload", "Any", "application/json"),
    ],
)
def test_what_a_call_returns(name, returns, result, item, accept, *, calls):
    call = calls[name]
    assert (call.returns, call.result, call.accept) == (returns, result, accept)
    if call.pagination != "none":
        assert call.item == item


def test_statuses(calls):
    assert calls["tapes.get_download"].success_statuses == [302]
    assert calls["robots.list"].error_statuses == ["400", "401", "403", "429"]
    assert [name for name, call in calls.items() if not call.needs_token] == ["robots.health"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(
            (
                ROBOTS,
                "parameters: *id",
                "parameters: [*robot, {name: id, in: query, description: I., schema: {type: string}}]",
            ),
            "/robots/{id} delete: two things in a method would be called id [argument-names]",
            id="path and query",
        ),
        pytest.param(
            (ROBOTS, "label: {", "Name: {"),
            "/robots post: two things in a method would be called name [argument-names]",
            id="names that differ in case",
        ),
        pytest.param(
            (ROBOTS, "label: {", "operations: {"),
            "/robots post: two things in a method would be called operations [argument-names]",
            id="a name of the template",
        ),
        pytest.param(
            (ROBOTS, "- name: meta_data", "- name: max_items"),
            "/robots get: two things in a method would be called max_items [argument-names]",
            id="a name of every pager",
        ),
        pytest.param(
            (ROBOTS, "'#/components/schemas/RobotCreate'} # createRobot body", "'#/components/schemas/MetaData'}"),
            "/robots post: the body (MetaData) must be an object with properties [request-body]",
            id="body without properties",
        ),
        pytest.param(
            (ROBOTS, "'#/components/schemas/RobotCreate'} # createRobot body", "'#/components/schemas/State'}"),
            "/robots post: the body (State) must be an object with properties [request-body]",
            id="body that is no object",
        ),
        pytest.param(
            (
                ROBOTS,
                "json:\n            schema: {$ref: '#/components/schemas/RobotCreate'}",
                "xml:\n            schema: {type: string}",
            ),
            "openapi-python-client: WARNING parsing POST /robots within robots. Endpoint will not be generated."
            " Unsupported content type application/xml [generator-warning]",
            id="body in a media type that openapi-python-client does not know",
        ),
        pytest.param(
            (
                ROBOTS,
                "application/json:\n            schema: {$ref: '#/components/schemas/RobotCreate'}",
                "application/x-www-form-urlencoded:\n            schema: {$ref: '#/components/schemas/RobotCreate'}",
            ),
            "/robots post: a body must be application/json or multipart/form-data, and nothing else [request-body]",
            id="body in another media type",
        ),
        pytest.param(
            (ROBOTS, "schema: {type: array, items: {type: integer}}", "schema: {type: integer}"),
            "/robots get: built[] must be an array, as the brackets of its name say [array-parameter]",
            id="brackets without an array",
        ),
    ],
)
def test_what_cannot_be_a_method_fails_with_one_line(edit, said, edited):
    # House rules that these edits may break as well do not say it, so they are not asked.
    bundle = read_bundle(edited(edit))
    with pytest.raises(GenerationError) as raised:
        parse(bundle.document)
    assert str(raised.value) == said


def test_a_parameter_may_refer_to_an_array(edited):
    years = "    Years:\n      description: Years.\n      type: array\n      items: {type: integer}\n    MetaData:\n"
    spec = edited(
        (ROBOTS, "schema: {type: array, items: {type: integer}}", "schema: {$ref: '#/components/schemas/Years'}"),
        (ROBOTS, "    MetaData:\n", years),
    )
    _, [robots, _] = parse(load(spec).document)
    assert _arguments(robots.calls[1])["built"].annotation == "int | params.Years"


def test_a_form_may_hold_a_file(edited):
    spec = edited(
        (ROBOTS, "application/json:\n            schema: {$ref: '#/components/schemas/RobotCreate'}", _FORM),
        (
            ROBOTS,
            "label: {description: A word for people., type: string}",
            "photo: {description: P., type: string, format: binary}",
        ),
    )
    _, [robots, _] = parse(load(spec).document)
    assert robots.calls[2].body_media == "multipart/form-data"
    assert _arguments(robots.calls[2])["photo"].annotation == "FileContent"


def test_a_list_may_refer_to_a_named_array(edited):
    array = "type: array, items: {$ref: '#/components/schemas/Robot'}"
    spec = edited(
        (ROBOTS, f"{{{array}}}", "{$ref: '#/components/schemas/Robots'}"),
        (ROBOTS, "    MetaData:\n", f"    Robots: {{description: Robots., {array}}}\n    MetaData:\n"),
    )
    _, [robots, _] = parse(load(spec).document)
    assert (robots.calls[1].result, robots.calls[1].item) == ("models.Robots", "models.Robot")
