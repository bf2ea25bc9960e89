"""Operations become methods: their arguments, their responses, and operations that cannot become a method."""

import pytest
from generator.bundle import read_bundle
from generator.errors import GenerationError
from generator.methods import read_resources
from generator.steps import load
from tests.unit.generator.spec_fixture import ROBOTS, TAPES

_FORM = "multipart/form-data:\n            schema: {$ref: '#/components/schemas/RobotCreate'}"


def _arguments(method):
    return {argument.python_name: argument for argument in method.arguments}


def test_a_reference_with_a_description_of_its_own_keeps_its_type(edited):
    bare = "state: {$ref: '#/components/schemas/State'}\n    Pairing"
    described = "state: {description: Its start., allOf: [{$ref: '#/components/schemas/State'}]}\n    Pairing"
    resources = read_resources(read_bundle(edited((ROBOTS, bare, described))).document)
    create = next(method for method in resources[0].methods if method.name == "create")
    state = _arguments(create)["state"]
    assert (state.annotation, state.description) == ("params.State", "Its start.")


def test_a_header_without_a_variant_is_an_argument_of_all(edited):
    spec = edited((TAPES, ", headers: [Range]}", "}"))
    resources = read_resources(read_bundle(spec).document)
    methods = {method.name: method for resource in resources for method in resource.methods if resource.tag == "tapes"}
    assert [name for name, method in methods.items() if "range_" in _arguments(method)] == [
        "get",
        "get_text",
        "stream_html",
    ]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(
            (
                ROBOTS,
                "parameters: *id",
                "parameters: [*robot, {name: id, in: query, description: I., schema: {type: string}}]",
            ),
            "/robots/{id} delete: argument names are reserved or repeated: id [argument-names]",
            id="path and query",
        ),
        pytest.param(
            (ROBOTS, "label: {", "Name: {"),
            "/robots post: argument names are reserved or repeated: name [argument-names]",
            id="names that differ in case",
        ),
        pytest.param(
            (ROBOTS, "label: {", "operations: {"),
            "/robots post: argument names are reserved or repeated: operations [argument-names]",
            id="a name of the template",
        ),
        pytest.param(
            (ROBOTS, "- name: meta_data", "- name: max_items"),
            "/robots get: argument names are reserved or repeated: max_items [argument-names]",
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
            "/robots post: a body must be application/json or multipart/form-data, and nothing else [request-body]",
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
    ],
)
def test_an_impossible_method_is_one_problem(edit, message, edited):
    # Without lint, because some of these edits violate house rules as well.
    bundle = read_bundle(edited(edit))
    with pytest.raises(GenerationError) as raised:
        read_resources(bundle.document)
    [problem] = raised.value.problems
    assert message.endswith(f"{problem.message} [{problem.rule}]")
    if isinstance(problem.location, tuple):
        assert bundle.locate(problem.location).file.name == "robots.yaml"


def _tapes(spec):
    [tapes] = [each for each in read_resources(load(spec).document) if each.tag == "tapes"]
    return {method.name: method for method in tapes.methods}


@pytest.mark.parametrize("media_type", ["application/octet-stream", "application/pdf", "image/png", "text/x-log"])
def test_a_binary_response_is_bytes_in_any_media_type(media_type, edited):
    binary = f"            {media_type}: {{schema: {{type: string, format: binary}}}}\n"
    json = (
        "            application/json:\n              schema: {$ref: '#/components/schemas/TapeDownload'}\n"
        "              examples:\n                address: {value: {url: 'https://files.example/beeps'}}\n"
    )
    schema = "    TapeDownload:\n      description: Where a tape is.\n      type: object\n      properties:\n"
    url = "        url: {description: An address that lives for a minute., type: string}\n"
    edits = (TAPES, json, binary), (TAPES, schema + url, "")
    method = _tapes(edited(*edits))["get_download"]
    assert (method.response.accept, method.response.returns, method.result) == (media_type, "bytes", "bytes")


def test_two_records_of_one_name_are_a_problem(edited):
    bundle = read_bundle(edited((TAPES, "operationId: headTape", "operationId: getTapePlain")))
    with pytest.raises(GenerationError) as raised:
        read_resources(bundle.document)
    [problem] = raised.value.problems
    assert (bundle.locate(problem.location).file.name, problem.rule) == ("tapes.yaml", "operation-record")
    assert "tapes.get_text and tapes.head would both be GET_TAPE_PLAIN" in problem.message


def test_a_parameter_may_refer_to_an_array(edited):
    years = "    Years:\n      description: Years.\n      type: array\n      items: {type: integer}\n    MetaData:\n"
    spec = edited(
        (ROBOTS, "schema: {type: array, items: {type: integer}}", "schema: {$ref: '#/components/schemas/Years'}"),
        (ROBOTS, "    MetaData:\n", years),
    )
    [robots, _] = read_resources(load(spec).document)
    assert _arguments(robots.methods[1])["built"].annotation == "int | params.Years"


def test_a_form_may_hold_a_file(edited):
    spec = edited(
        (ROBOTS, "application/json:\n            schema: {$ref: '#/components/schemas/RobotCreate'}", _FORM),
        (
            ROBOTS,
            "label: {description: A word for people., type: string}",
            "photo: {description: P., type: string, format: binary}",
        ),
    )
    [robots, _] = read_resources(load(spec).document)
    assert robots.methods[2].body.media_type == "multipart/form-data"
    assert _arguments(robots.methods[2])["photo"].annotation == "FileContent"


def test_a_list_may_refer_to_a_named_array(edited):
    array = "type: array, items: {$ref: '#/components/schemas/Robot'}"
    spec = edited(
        (ROBOTS, f"{{{array}}}", "{$ref: '#/components/schemas/Robots'}"),
        (ROBOTS, "    MetaData:\n", f"    Robots: {{description: Robots., {array}}}\n    MetaData:\n"),
    )
    [robots, _] = read_resources(load(spec).document)
    assert robots.methods[1].response.annotation == "models.Robots"
    assert robots.methods[1].result == "models.Robot"
