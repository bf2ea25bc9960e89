"""OpenAPI links lead from a response to the operations on the object in it."""

import pytest
from generator.additions import add_links

THING = {"$ref": "#/components/schemas/Thing"}
SCHEMAS = {
    "Thing": {"type": "object", "properties": {"uuid": {}, "name": {}}},
    "Page": {"type": "object", "properties": {"items": {"type": "array", "items": THING}, "links": {}}},
    "Part": {"allOf": [{"properties": {"number": {}}}, {"properties": {"id": {}}}]},
    "Either": {"oneOf": [{"$ref": "#/components/schemas/Part"}, THING]},
}


def operation(name, schema=None, status="200", **fields):
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "responses": {status: {"description": "x", **content}}, **fields}


def document(**changes):
    paths = {
        "/orgs/{org}/things": {
            "get": operation("listThings", {"type": "array", "items": THING}),
            "post": operation("createThing", THING, "201"),
        },
        "/orgs/{org}/things/{thing_id}": {
            "get": operation("getThing", THING),
            "patch": operation("updateThing", THING),
            "delete": operation("deleteThing", status="204"),
        },
        "/orgs/{org}/things/{thing_id}/parts": {
            "get": operation("listParts", {"type": "array", "items": {"$ref": "#/components/schemas/Part"}})
        },
        "/orgs/{org}/things/{thing_id}/parts/{number}": {"get": operation("getPart", THING)},
        "/orgs/{org}/things/{thing_id}/polish": {"put": operation("polishThing", THING)},
        **changes,
    }
    made = {"paths": paths, "components": {"schemas": SCHEMAS}}
    add_links(made)
    return made


def links(made, path, method="get", status="200"):
    return made["paths"][path][method]["responses"][status].get("links", {})


def test_create_is_linked_to_all_operations_on_the_object():
    found = links(document(), "/orgs/{org}/things", "post", "201")
    assert list(found) == ["getThing", "updateThing", "deleteThing", "listParts"]
    assert found["updateThing"] == {
        "operationId": "updateThing",
        "parameters": {"org": "$request.path.org", "thing_id": "$response.body#/uuid"},
    }


def test_list_is_linked_to_get_of_the_first_item():
    found = links(document(), "/orgs/{org}/things")
    assert list(found) == ["getThing", "listParts"]
    assert found["getThing"]["parameters"]["thing_id"] == "$response.body#/0/uuid"


def test_parent_parameters_are_passed_on():
    found = links(document(), "/orgs/{org}/things/{thing_id}/parts")["getPart"]["parameters"]
    assert found == {
        "org": "$request.path.org",
        "thing_id": "$request.path.thing_id",
        "number": "$response.body#/0/number",
    }


def test_items_of_an_envelope():
    path = "/orgs/{org}/things"
    made = document(**{path: {"get": operation("listThings", {"$ref": "#/components/schemas/Page"})}})
    assert links(made, path)["getThing"]["parameters"]["thing_id"] == "$response.body#/items/0/uuid"


def test_a_union_has_the_properties_of_its_first_variant():
    path = "/orgs/{org}/things"
    made = document(**{path: {"get": operation("listThings", {"$ref": "#/components/schemas/Either"})}})
    assert links(made, path)["getThing"]["parameters"]["thing_id"] == "$response.body#/id"


@pytest.mark.parametrize("schema", [None, {"type": "object", "properties": {"other": {}}}], ids=["no-body", "no-key"])
def test_without_a_key_there_is_no_link(schema):
    path = "/orgs/{org}/things"
    assert links(document(**{path: {"get": operation("listThings", schema)}}), path) == {}


def test_errors_and_undocumented_operations_have_none():
    path = "/orgs/{org}/things"
    made = document(
        **{
            path: {"post": operation("createThing", THING, "422")},
            f"{path}/{{thing_id}}": {"get": operation("getThing", THING, **{"x-undocumented": True})},
        }
    )
    assert links(made, path, "post", "422") == {}
    assert links(made, f"{path}/{{thing_id}}/parts") != {}
