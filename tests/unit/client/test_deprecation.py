"""Warnings about what Buildkite has deprecated, at the line of the caller."""

import asyncio
import copy
import pickle
import warnings

import httpx
import pytest

import _buildkite_rest.models
import _buildkite_rest.params
import buildkite_rest
from buildkite_rest import AsyncBuildkite, Buildkite, from_dict, models, to_dict, to_json

ARTIFACT = {**dict.fromkeys(models.Artifact.__struct_encode_fields__), "id": "a1", "glob_path": "log/*"}


def warning_of(call):
    """Call a function, and return the message of its only warning, which must be about the line of the call."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    [warning] = found
    assert warning.category is DeprecationWarning
    assert (warning.filename, warning.lineno) == (__file__, call.__code__.co_firstlineno)
    return str(warning.message)


@pytest.fixture
def client():
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    with httpx.Client(transport=transport) as library:
        yield Buildkite("token", http_client=library)


def test_a_deprecated_method_warns(client):
    message = "`flaky_tests.list` is deprecated."
    assert warning_of(lambda: client.flaky_tests.list("acme", "web")) == message
    assert warning_of(lambda: client.organization("acme").flaky_tests.list("web")) == message


def test_a_deprecated_argument_warns_if_it_is_given(client):
    message = "The argument `label` of `tests.list` is deprecated."
    assert warning_of(lambda: client.tests.list("acme", "web", label="flaky")) == message
    assert warning_of(lambda: client.organization("acme").tests.list("web", label="flaky")) == message
    client.tests.list("acme", "web", label=None)


def test_asynchronous_methods_warn_where_they_are_called():
    async def check():
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
        async with AsyncBuildkite("token", http_client=httpx.AsyncClient(transport=transport)) as client:
            assert warning_of(lambda: client.flaky_tests.list("acme", "web")).startswith("`flaky_tests.list`")
            created = []
            values = {"name": "Web", "cluster_id": "c", "repository": "r"}
            message = warning_of(
                lambda: created.append(client.pipelines.create("acme", **values, team_uuids=["t"])),
            )
            assert message == "The argument `team_uuids` of `pipelines.create` is deprecated."
            await asyncio.gather(*created, return_exceptions=True)

    asyncio.run(check())


def test_a_deprecated_field_warns_when_it_is_read():
    artifact = from_dict(models.Artifact, ARTIFACT)
    assert warning_of(lambda: artifact.glob_path) == "`Artifact.glob_path` is deprecated."
    with pytest.warns(DeprecationWarning, match="glob_path"):
        assert artifact.glob_path == "log/*"


def test_nothing_but_a_read_of_the_field_warns():
    artifact = from_dict(models.Artifact, ARTIFACT)
    assert to_dict(artifact) == ARTIFACT
    assert '"glob_path"' in to_json(artifact)
    assert artifact == copy.copy(artifact) == copy.deepcopy(artifact) == pickle.loads(pickle.dumps(artifact))
    assert ("glob_path", "log/*") in artifact.__rich_repr__()
    assert repr(artifact).startswith("Artifact(id='a1'")
    lenient = from_dict(models.Artifact, ARTIFACT | {"file_size": "five", "more": 1}, extra_fields=True)
    assert to_dict(lenient)["glob_path"] == "log/*"


@pytest.mark.parametrize("module", ["models", "params"])
def test_a_deprecated_type_warns_when_it_is_named(module, monkeypatch):
    name = getattr(_buildkite_rest, module).__all__[0]
    monkeypatch.setitem(getattr(_buildkite_rest, module).DEPRECATED, name, f"`{name}` is deprecated.")
    public = getattr(buildkite_rest, module)
    assert warning_of(lambda: getattr(public, name)) == f"`{name}` is deprecated."
    with pytest.warns(DeprecationWarning, match=f"`{name}` is deprecated"):
        exec(f"from buildkite_rest.{module} import {name}")
