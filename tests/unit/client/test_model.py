"""Models: their text, fields that the spec lacks, and their use with pydantic."""

import copy
import json
import pickle
import pydoc
from datetime import datetime
from typing import Annotated

import httpx
import msgspec
import pydantic
import pytest
from fastapi import Body, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr
from tests.unit.client.support import API, build, plain, reproducible, response

from _buildkite_rest.model import build_unchecked
from buildkite_rest import DecodeError, UnknownVariant, from_dict, from_json, models, to_dict, to_json

MODELS = [model for name in models.__all__ if isinstance(model := getattr(models, name), type)]
BUILD_JSON = """{
    "id": "01920000-0000-7000-8000-000000000242", "number": 42, "state": "passed", "message": "Fix it\\nAll of it",
    "commit": "5f3c1a7be0d95f3c1a7be0d95f3c1a7be0d95f3c", "branch": "main", "url": "https://api/42",
    "web_url": "https://web/42", "created_at": "2026-03-02T09:15:00.118Z", "env": {"TOKEN": "s3cret"},
    "jobs": [{"id": "j1", "type": "script", "state": "passed"}], "pipeline": {"slug": "web"}, "more": "s3cret"
}"""


@pytest.fixture
def decoded():
    return from_json(models.Build, BUILD_JSON, extra_fields=True)


def test_a_repr_begins_with_what_identifies_the_object(decoded):
    assert repr(decoded) == str(decoded)
    assert repr(decoded).startswith(
        "Build(id='01920000-0000-7000-8000-000000000242', number=42, state='passed', branch='main', "
        "commit='5f3c1a7be0d…', message='Fix it\\nAll of it', created_at=2026-03-02T09:15:00+00:00"
    )
    assert repr(models.BuildTestEngine(runs=[models.BuildTestEngineRun(id="r", suite=None)] * 2)) == (
        "BuildTestEngine(runs=[2 runs])"
    )
    assert repr(decoded.pipeline) == "Pipeline(slug='web')"
    assert repr(models.BuildTestEngine(runs=[])) == "BuildTestEngine(runs=[])"


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "x" * 5000,
        "\x1b\U0001f600" * 500,
        -(10**5000),
        ["x" * 9] * 999,
        {"x" * 999: 1},
    ],
    ids=lambda junk: type(junk).__name__,
)
def test_a_repr_is_one_short_line(junk):
    """Whatever was decoded leniently, or set by the program."""
    for model in MODELS:
        text = repr(build_unchecked(model, dict.fromkeys(model.__struct_fields__, junk)))
        assert len(text) <= 300
        assert text.isprintable()
        assert text.startswith(f"{model.__name__}(")
        assert text.endswith(")")


def secret_models():
    return [model for model in MODELS if model.__secrets__]


def test_secrets_are_masked_everywhere():
    assert {"ClusterAgentToken", "WebhookServiceSettings"} <= {model.__name__ for model in secret_models()}
    for model in secret_models():
        values = {name: "s3cret" if name in model.__secrets__ else "shown" for name in model.__struct_fields__}
        secret = build_unchecked(model, values)
        assert "s3cret" not in repr(secret)
        text = pretty_repr([{"a": secret}])
        assert "s3cret" not in text
        assert text.count("***") == len(model.__secrets__)


@pytest.mark.parametrize("env", ["TOKEN=s3cret", ["s3cret"], [{"TOKEN": "s3cret"}], {"TOKEN": ["s3cret"]}, 53])
def test_environment_variables_are_masked_in_any_type(env):
    """Also in an object that lenient decoding has preserved."""
    for model in (models.Build, models.Pipeline, models.JobEnv, models.ScriptStep):
        found = build_unchecked(model, dict.fromkeys(model.__struct_fields__) | {"env": env})
        for text in (repr(found), pretty_repr(found)):
            assert "s3cret" not in text
            assert "53" not in text
    pipeline = from_dict(models.Pipeline, {"tags": {"step": {"env": env}}})
    assert pretty_repr(pipeline, max_width=99).count("***") == 1


URLS = {
    "user and password": ("https://x-token:s3cret@github.com/acme/web.git", "https://***@github.com/acme/web.git"),
    "users in text": (
        "see https://s3cret@a.example, ssh://git@b.example",
        "see https://***@a.example, ssh://git@b.example",
    ),
    "queries in text": ("https://a.example/f?sig=s3cret <b://c?s3cret>", "https://a.example/f?*** <b://c?***>"),
    "no URL": ("git@github.com:acme/web.git", "git@github.com:acme/web.git"),
    "quotation mark in a password": ('https://bot:it"s-<s3cret>@a.example/web.git', "https://***@a.example/web.git"),
    "quotes in text": ("curl 'https://a.example/f?s3cret' -o 'f'", "curl 'https://a.example/f?***' -o 'f'"),
}


@pytest.mark.parametrize(("text", "masked"), URLS.values(), ids=URLS)
def test_credentials_in_urls_are_masked(text, masked):
    pipeline = from_dict(models.Pipeline, {"repository": text, "tags": [text]})
    assert dict(pipeline.__rich_repr__()) == {"repository": masked, "tags": [masked]}
    for found in (repr(pipeline), pretty_repr(pipeline, max_width=999)):
        assert repr(masked)[1:-1] in found
        assert "s3cret" not in found


RELATIVE_URLS = {
    "path": ("/f?sig=s3cret b", "/f?***"),
    "authority": ("//x-token:s3cret@a.example/f?s3cret", "//***@a.example/f?***"),
    "name": ("f?sig=a@s3cret", "f?***"),
    "only a query": ("?sig=s3cret", "?***"),
}


@pytest.mark.parametrize(("text", "masked"), RELATIVE_URLS.values(), ids=RELATIVE_URLS)
def test_credentials_in_relative_urls_are_masked_in_fields_with_urls(text, masked):
    decoded = from_dict(models.Build, {"url": text, "web_url": text, "message": "// a@b? /c?d", "branch": "/f?g"})
    values = {"url": masked, "web_url": masked, "message": "// a@b? /c?d", "branch": "/f?g"}
    assert {name: value for name, value in decoded.__rich_repr__() if name in values} == values
    for found in (repr(decoded), pretty_repr(decoded, max_width=999)):
        assert "s3cret" not in found
    pipeline = from_dict(models.Pipeline, {"tags": [{"href": text, "text": "/a?b"}]})
    assert dict(pipeline.__rich_repr__())["tags"] == [{"href": masked, "text": "/a?b"}]


def test_help_has_the_documentation_of_each_field():
    text = pydoc.plain(pydoc.render_doc(models.Build))
    assert "number (int): Number of the build within its pipeline." in text
    for model in MODELS:
        documented = "".join(base.__doc__ or "" for base in model.__mro__)
        names = [field.name for field in msgspec.structs.fields(model)]
        assert [name for name in names if f"    {name} (" not in documented] == [], model


@reproducible
@given(
    before=st.text(), user=st.text("abc:%-._~", min_size=1), path=st.text("ab/.-"), query=st.text("ab=&%;'", min_size=1)
)
def test_no_credential_of_a_url_is_shown_wherever_it_is(before, user, path, query):
    text = f"{before} https://{user}s3cret@a.example/{path}?{query}s3cret"
    found = from_dict(models.Pipeline, {"repository": text, "name": text, "tags": [{text: text}]})
    assert "s3cret" not in repr(found) + pretty_repr(found)


JOBS = [{"id": "j", "type": "script", "state": "passed", "gpu": 1}, {"id": "q", "type": "quantum", "gpu": 2}]
EXTENDED = build(jobs=JOBS, pipeline={"slug": "web", "tier": "gold"}, stars=[5], author="ada", env={"A": "1"})
NONE = r"^this Build has no extra fields\. Pass extra_fields=True to the client, or to from_json or from_dict\.$"


def check_build(found):
    assert found.extra_fields == {"stars": [5]}
    assert found.pipeline.extra_fields == {"tier": "gold"}
    script, quantum = found.jobs
    assert script.extra_fields == {"gpu": 1}
    assert (type(quantum), quantum.gpu) == (UnknownVariant, 2)
    assert quantum.extra_fields == JOBS[1]


def test_extra_fields_of_an_object_and_in_it(connect):
    client = connect(lambda _: response(EXTENDED), extra_fields=True)
    found = client.builds.get("acme", "web", 1)
    check_build(found)
    check_build(client.with_options(timeout=1).organization("acme").builds.get("web", 1))
    for same in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert same == found
        check_build(same)
    changed = found.__replace__(state="new")  # by `copy.replace`, of Python 3.13
    assert (changed.state, changed.number, found.state) == ("new", found.number, EXTENDED["state"])
    check_build(changed)


@pytest.mark.parametrize(
    "body", [[EXTENDED], [EXTENDED, {"id": 7, "stars": [5], "pipeline": 3}]], ids=["strict", "lenient"]
)
def test_extra_fields_of_the_items_of_a_list(connect, body):
    client = connect(lambda _: response(body), extra_fields=True)
    check_build(next(iter(client.builds.list("acme", "web"))))
    assert [each.extra_fields for each in client.builds.list("acme", "web").prefetch(2)] == [{"stars": [5]}] * len(body)


def test_extra_fields_are_kept_on_request(connect):
    client = connect(lambda _: response(EXTENDED))
    found = client.builds.get("acme", "web", 1)
    with pytest.raises(AttributeError, match=NONE):
        _ = found.extra_fields
    assert "stars" not in to_dict(found)
    with_extra = client.with_options(extra_fields=True)
    check_build(with_extra.builds.get("acme", "web", 1))
    assert found == with_extra.builds.get("acme", "web", 1)  # They do not count.
    assert not hasattr(with_extra.with_options(extra_fields=False).builds.get("acme", "web", 1), "extra_fields")
    assert not hasattr(client.builds.get("acme", "web", 1), "extra_fields")


def two_pages(request):
    number = int(request.url.params.get("page", 1))
    link = {"Link": f'<{API}/v2/builds?page=2>; rel="next"'} if number == 1 else {}
    return response([{**EXTENDED, "number": number}] * 2, **link)


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_page_has_its_json(connect, ahead):
    pager = connect(two_pages).builds.list("acme", "web", max_items=3)
    pages = list((pager.prefetch(ahead) if ahead else pager).pages())
    assert [[item["number"] for item in page.json()] for page in pages] == [[1, 1], [2, 2]]
    assert (len(pages[1].items), pages[1].json()[0]["stars"]) == (1, [5])
    assert json.loads(pages[0].content) == pages[0].json()
    assert (
        repr(pages[1]) == "HTTPPage(items=[1 item], next_url='https://api.buildkite.com/v2/builds?…', last_page=None)"
    )


def test_a_raw_response_has_its_json(connect):
    client = connect(lambda _: response(EXTENDED))
    assert client.with_raw_response(plain(client.builds.get), "acme", "web", 1).json() == EXTENDED
    empty = connect(lambda _: httpx.Response(204))
    with pytest.raises(DecodeError, match=r"^revokeAccessToken: the response is not JSON: it is empty$"):
        empty.with_raw_response(plain(empty.access_token.revoke)).json()


MISMATCHING = from_dict(models.Build, build(7, jobs=[{"id": "q", "type": "quantum"}], message=5))
TOKEN = {"uuid": "u", "scopes": [], "created_at": "2026-03-02 09:15:00 UTC"}
WAITER = {"id": "w", "type": "waiter", "state": "passed", "web_url": None}


class Report(pydantic.BaseModel):
    build: models.Build | None = None
    tokens: list[models.AccessToken] = []
    job: models.Job | None = None


def test_an_object_is_a_value_although_it_does_not_match_the_spec():
    report = Report(build=MISMATCHING)
    assert report.build is MISMATCHING
    assert json.loads(report.model_dump_json())["build"] == to_dict(MISMATCHING)


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
        return MISMATCHING

    @app.post("/tokens")
    def post(token: Annotated[models.AccessToken, Body()]) -> list[models.AccessToken]:
        return [token]

    with TestClient(app) as client:
        assert client.get("/build").json() == to_dict(MISMATCHING)
        [token] = client.post("/tokens", json=TOKEN).json()
        assert (token["uuid"], token["created_at"]) == ("u", "2026-03-02T09:15:00Z")
        assert client.post("/tokens", json={"uuid": "u"}).status_code == 422
        operation = client.get("/openapi.json").json()["paths"]["/tokens"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["type"], schema["additionalProperties"]) == ("object", True)


def test_to_dict_is_a_default_of_json():
    assert json.dumps({"build": MISMATCHING, "at": MISMATCHING.created_at}, default=to_dict) == json.dumps(
        {"build": to_dict(MISMATCHING), "at": to_dict(MISMATCHING.created_at)}
    )
    assert json.loads(json.dumps(MISMATCHING, default=to_dict)) == json.loads(to_json(MISMATCHING))


def test_a_model_has_no_hash():
    with pytest.raises(TypeError, match=r"^a Build has no hash, since it can change\. Use a field such as its id\.$"):
        {MISMATCHING}  # noqa: B018
