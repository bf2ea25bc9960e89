"""Models as types of pydantic and FastAPI, in `json.dumps`, and as keys."""

import json
from datetime import datetime
from typing import Annotated

import pydantic
import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from tests.unit.client.support import build

from buildkite_rest import from_dict, models, to_dict, to_json

BUILD = from_dict(models.Build, build(7, jobs=[{"id": "q", "type": "quantum"}], message=5))
TOKEN = {"uuid": "u", "scopes": [], "created_at": "2026-03-02 09:15:00 UTC"}
WAITER = {"id": "w", "type": "waiter", "state": "passed", "web_url": None}


class Report(pydantic.BaseModel):
    build: models.Build | None = None
    tokens: list[models.AccessToken] = []
    job: models.Job | None = None


def test_an_object_is_a_value_although_it_does_not_match_the_spec():
    report = Report(build=BUILD)
    assert report.build is BUILD
    assert json.loads(report.model_dump_json())["build"] == to_dict(BUILD)


@pytest.mark.parametrize("validate", [Report.model_validate, lambda data: Report.model_validate_json(json.dumps(data))])
def test_json_is_a_value(validate):
    report = validate({"tokens": [TOKEN], "job": WAITER})
    assert type(report.tokens[0].created_at) is datetime
    assert type(report.job) is models.WaiterJob
    assert report.model_dump()["tokens"][0] is report.tokens[0]
    assert validate(json.loads(report.model_dump_json())) == report


def test_json_that_does_not_match_the_spec_is_refused():
    with pytest.raises(pydantic.ValidationError) as raised:
        Report(tokens=[TOKEN, TOKEN | {"created_at": "soon"}])
    [error] = raised.value.errors()
    assert error["loc"] == ("tokens", 1)
    assert error["msg"].endswith("it does not match AccessToken in the spec. Pass an object of from_dict.")


def test_fastapi_accepts_and_returns_models():
    app = FastAPI()

    @app.get("/build")
    def get() -> models.Build:
        return BUILD

    @app.post("/tokens")
    def post(token: Annotated[models.AccessToken, Body()]) -> list[models.AccessToken]:
        return [token]

    with TestClient(app) as client:
        assert client.get("/build").json() == to_dict(BUILD)
        [token] = client.post("/tokens", json=TOKEN).json()
        assert (token["uuid"], token["created_at"]) == ("u", "2026-03-02T09:15:00Z")
        assert client.post("/tokens", json={"uuid": "u"}).status_code == 422
        operation = client.get("/openapi.json").json()["paths"]["/tokens"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["type"], schema["additionalProperties"]) == ("object", True)


def test_to_dict_is_a_default_of_json():
    assert json.dumps({"build": BUILD, "at": BUILD.created_at}, default=to_dict) == json.dumps(
        {"build": to_dict(BUILD), "at": to_dict(BUILD.created_at)}
    )
    assert json.loads(json.dumps(BUILD, default=to_dict)) == json.loads(to_json(BUILD))


def test_a_model_has_no_hash():
    with pytest.raises(TypeError, match=r"^a Build has no hash, since it can change\. Use a field such as its id\.$"):
        {BUILD}  # noqa: B018
