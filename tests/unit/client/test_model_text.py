"""The text of a model: its `repr`, and what rich and `help` show."""

import pydoc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr
from tests.unit.client.support import reproducible

from _buildkite_rest.model import build_unchecked
from buildkite_rest import from_dict, from_json, models

MODELS = [model for name in models.__all__ if isinstance(model := getattr(models, name), type)]
BUILD = """{
    "id": "01920000-0000-7000-8000-000000000242", "number": 42, "state": "passed", "message": "Fix it\\nAll of it",
    "commit": "5f3c1a7be0d95f3c1a7be0d95f3c1a7be0d95f3c", "branch": "main", "url": "https://api/42",
    "web_url": "https://web/42", "created_at": "2026-03-02T09:15:00.118Z", "env": {"TOKEN": "s3cret"},
    "jobs": [{"id": "j1", "type": "script", "state": "passed"}], "pipeline": {"slug": "web"}, "more": "s3cret"
}"""


@pytest.fixture
def build():
    return from_json(models.Build, BUILD, extra_fields=True)


def test_a_repr_begins_with_what_identifies_the_object(build):
    assert repr(build) == str(build)
    assert repr(build).startswith(
        "Build(id='01920000-0000-7000-8000-000000000242', number=42, state='passed', branch='main', "
        "commit='5f3c1a7be0d…', message='Fix it\\nAll of it', created_at=2026-03-02T09:15:00+00:00"
    )
    assert repr(models.BuildTestEngine(runs=[models.BuildTestEngineRun(id="r", suite=None)] * 2)) == (
        "BuildTestEngine(runs=[2 runs])"
    )
    assert repr(build.pipeline) == "Pipeline(slug='web')"
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
    build = from_dict(models.Build, {"url": text, "web_url": text, "message": "// a@b? /c?d", "branch": "/f?g"})
    values = {"url": masked, "web_url": masked, "message": "// a@b? /c?d", "branch": "/f?g"}
    assert {name: value for name, value in build.__rich_repr__() if name in values} == values
    for found in (repr(build), pretty_repr(build, max_width=999)):
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
