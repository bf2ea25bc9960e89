"""Links lead from an answer to what can be done with the object in it."""

import pytest
from generator.links import add_links

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


def test_what_creates_one_leads_to_all_that_can_be_done_with_it():
    found = links(document(), "/orgs/{org}/things", "post", "201")
    assert list(found) == ["getThing", "updateThing", "deleteThing", "listParts"]
    assert found["updateThing"] == {
        "operationId": "updateThing",
        "parameters": {"org": "$request.path.org", "thing_id": "$response.body#/uuid"},
    }


def test_what_lists_them_leads_to_what_reads_the_first():
    found = links(document(), "/orgs/{org}/things")
    assert list(found) == ["getThing", "listParts"]
    assert found["getThing"]["parameters"]["thing_id"] == "$response.body#/0/uuid"


def test_parents_are_kept():
    found = links(document(), "/orgs/{org}/things/{thing_id}/parts")["getPart"]["parameters"]
    assert found == {
        "org": "$request.path.org",
        "thing_id": "$request.path.thing_id",
        "number": "$response.body#/0/number",
    }


def test_an_envelope_holds_its_items():
    path = "/orgs/{org}/things"
    made = document(**{path: {"get": operation("listThings", {"$ref": "#/components/schemas/Page"})}})
    assert links(made, path)["getThing"]["parameters"]["thing_id"] == "$response.body#/items/0/uuid"


def test_a_union_has_what_its_first_variant_has():
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
