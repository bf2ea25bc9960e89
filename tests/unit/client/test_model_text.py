"""The text of a model: its `repr`, and what rich and `help` show."""

import pydoc
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from rich.pretty import pretty_repr
from tests.unit.client.description import document

from _buildkite_rest.model import build_unchecked
from _buildkite_rest.text import shown
from buildkite_rest import UnknownVariant, from_dict, from_json, models

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
        10**4000,
        -(10**5000),
        [10**5000],
        ["x" * 9] * 999,
        {"x" * 999: 1},
        {},
        b"\0" * 999,
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


def test_an_int_of_too_many_digits_is_shown_by_its_size():
    user = build_unchecked(models.User, {"id": 10**5000, "name": [10**5000]})
    for text in (repr(user), pretty_repr(user)):
        assert text.startswith("User(id=<int of 16610 bits>, name=[")


def test_rich_shows_all_fields_with_extra_fields_masked(build):
    text = pretty_repr(build, max_width=80)
    for part in (
        "\n    number=42,",
        "\n    jobs=[1 job],",
        "'TOKEN': ***",
        "{'more': ***}",
    ):
        assert part in text
    assert "None" not in text


URLS = {
    "user and password": ("https://x-token:s3cret@github.com/acme/web.git", "https://***@github.com/acme/web.git"),
    "users in text": (
        "see https://s3cret@a.example, ssh://git@b.example",
        "see https://***@a.example, ssh://git@b.example",
    ),
    "queries in text": ("https://a.example/f?sig=s3cret <b://c?s3cret>", "https://a.example/f?*** <b://c?***>"),
    "no URL": ("git@github.com:acme/web.git", "git@github.com:acme/web.git"),
    "apostrophe in a password": ("https://bot:it's-s3cret@a.example/web.git", "https://***@a.example/web.git"),
    "quotation mark in a password": ('https://bot:it"s-<s3cret>@a.example/web.git', "https://***@a.example/web.git"),
    "apostrophes in a query": ("https://a.example/x?d=a;filename*=UTF-8''r.txt&sig=s3cret", "https://a.example/x?***"),
    "apostrophe in text": ("see https://bot:it's-s3cret@a.example/ b", "see https://***@a.example/ b"),
    "apostrophes of text": ("don't https://a.example/?it's-s3cret don't", "don't https://a.example/?*** don't"),
    "quotes in text": ("curl 'https://a.example/f?s3cret' -o 'f'", "curl 'https://a.example/f?***' -o 'f'"),
    "quotes without a space": ("['https://a/?s3cret','ssh://s3cret@b/c']", "['https://a/?***','ssh://***@b/c']"),
    "apostrophe in quotes": ("'https://bot:it's-s3cret@a.example/' b", "'https://***@a.example/' b"),
    "URL in a path": ("https://a.example/https://s3cret@b.example/c", "https://a.example/https://***@b.example/c"),
    "URL after a quotation mark": ('https://a.example/"https://s3cret@b/', 'https://a.example/"https://***@b/'),
    "query with an @ and no path": ("https://a.example?sig=s3cret@s3cret", "https://***"),
}


@pytest.mark.parametrize(("text", "masked"), URLS.values(), ids=URLS)
def test_credentials_in_urls_are_masked(text, masked):
    pipeline = from_dict(models.Pipeline, {"repository": text, "tags": [text]})
    assert dict(pipeline.__rich_repr__()) == {"repository": masked, "tags": [masked]}
    for found in (repr(pipeline), pretty_repr(pipeline, max_width=999)):
        assert repr(masked)[1:-1] in found
        assert "s3cret" not in found


def test_credentials_in_urls_are_masked_in_keys():
    urls = {"https://a.example/?s3cret=1": "a", "https://a.example/?s3cret=2": "b", "c": "https://s3cret@a.example"}
    meta_data = dict.fromkeys(urls, "a") | {"key": "b"}
    build = from_dict(models.Build, {"meta_data": meta_data, "env": meta_data, **urls}, extra_fields=True)
    for text in (pretty_repr(build, max_width=999),):
        assert text.count("'https://a.example/?***': 'a'") == 2
        assert text.count("'https://a.example/?***': ***") == 4
        assert "s3cret" not in text
        assert "'key': 'b'" in text
    for value in (build, UnknownVariant("a", urls)):
        assert "s3cret" not in repr(value)


RELATIVE_URLS = {
    "path": ("/f?sig=s3cret b", "/f?***"),
    "path with a URL in its query": ("/f?next=https://a.example/&sig=s3cret", "/f?***"),
    "authority": ("//x-token:s3cret@a.example/f?s3cret", "//***@a.example/f?***"),
    "only a user": ("//s3cret@", "//***@"),
    "path of the same folder": ("./f?sig=s3cret", "./f?***"),
    "path of the parent folder": ("../f?sig=a@s3cret", "../f?***"),
    "name": ("f?sig=a@s3cret", "f?***"),
    "only a query": ("?sig=s3cret", "?***"),
    "absolute URL with a space": ("https://a.example/f?sig=a s3cret", "https://a.example/f?***"),
    "text with a URL": ("see https://bot:s3cret@a.example/f?s3cret", "see https://***@a.example/f?***"),
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


def test_relative_urls_are_masked_in_each_field_that_is_a_url_in_the_spec():
    """Fields are recognized by their names, since models do not have the formats of the spec."""
    schemas = document()["components"]["schemas"].values()
    properties = [each for schema in schemas for each in schema.get("properties", {}).items()]
    names = {name for name, schema in properties if schema.get("format") == "uri"}
    assert "web_url" in names
    assert {shown(name, "/a?b") for name in names} == {"/a?***"}


class Printer:
    """What IPython's pretty printer offers, without line breaks."""

    def __init__(self):
        self.parts = []

    @contextmanager
    def group(self, _, start, end):
        self.text(start)
        yield
        self.text(end)

    def text(self, text):
        self.parts.append(text)

    breakable = text


def printed(value):
    printer = Printer()
    value._repr_pretty_(printer, False)
    return "".join(printer.parts)


def test_ipython_shows_all_fields(build):
    assert printed(build.pipeline) == "Pipeline(slug='web')"
    assert "created_at=datetime.datetime(2026, 3, 2, 9, 15" in printed(build)


def test_a_build_is_a_screen(build):
    build.jobs = build.jobs * 25
    build.message = "x" * 10_000
    build.pipeline.description = "y" * 10_000
    assert "jobs=[25 jobs]" in printed(build)
    assert f"message='{'x' * 57}…'" in printed(build)
    assert f"pipeline=Pipeline(slug='web', description='{'y' * 57}…')" in printed(build)
    assert len(pretty_repr(build, max_width=80).splitlines()) <= 20


def test_help_has_the_documentation_of_each_field():
    text = pydoc.plain(pydoc.render_doc(models.Build))
    assert "number (int): Number of the build within its pipeline." in text
    for model in MODELS:
        documented = "".join(base.__doc__ or "" for base in model.__mro__)
        names = [field.name for field in msgspec.structs.fields(model)]
        assert [name for name in names if f"    {name} (" not in documented] == [], model


def test_a_time_of_another_type_is_shown():
    names = models.AccessToken.__struct_fields__
    assert "created_at='soon'" in repr(
        build_unchecked(models.AccessToken, dict.fromkeys(names) | {"created_at": "soon"})
    )
    token = models.AccessToken(uuid="u", scopes=[], created_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert repr(token) == "AccessToken(uuid='u', created_at=2026-03-02T00:00:00+00:00, scopes=[])"
