"""One organization: the same methods, without its slug at each call."""

import inspect
from contextlib import contextmanager

import pytest
from tests.each import check_each
from tests.unit.client.fake_ports import AsyncPort, Port, ask, ask_async
from tests.unit.client.support import Script, build, plain, response
from tests.unit.client.test_every_method import HANDWRITTEN

from _buildkite_rest.operations import METHODS, all_operations
from _buildkite_rest.organization import AsyncOrganizationResources, OrganizationResources
from _buildkite_rest.resources import AsyncResources, Resources
from buildkite_rest import (
    AsyncBuildkite,
    AsyncOrganizationClient,
    Buildkite,
    ConfigurationError,
    OrganizationClient,
)

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")

KINDS = {
    "sync": (Resources, OrganizationResources, Port, ask),
    "async": (AsyncResources, AsyncOrganizationResources, AsyncPort, ask_async),
}


@pytest.fixture(autouse=True)
def _no_organization(monkeypatch):
    """No test may depend on the job that runs it."""
    monkeypatch.delenv("BUILDKITE_ORGANIZATION_SLUG", raising=False)


def takes_organization(method):
    return next(iter(inspect.signature(method).parameters), None) == "org"


CALLS = {f"{tag}.{name}": (tag, name) for tag, name, operation in all_operations() if "{org}" in operation.path}
HANDWRITTEN_CALLS = {f"{tag}.{name}": (tag, name) for tag, names in HANDWRITTEN.items() for name in sorted(names)}

both_kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture(scope="module")
def clients():
    """Both clients, from which nothing is sent."""
    with Buildkite("token") as client:
        yield client, AsyncBuildkite("token")


@both_kinds
def test_methods_send_the_same_without_the_organization(kind):
    check_each({name: (kind, *call) for name, call in CALLS.items()}, check_arguments)


def check_arguments(kind, tag, name):
    resources_kind, organization_kind, port_kind, asking = kind
    resources = resources_kind()
    resources._port = port_kind()
    parameters = inspect.signature(getattr(getattr(resources, tag), name)).parameters
    marks = {parameter: object() for parameter in parameters if parameter not in ("org", "max_items")}
    whole = asking(tag, name, {"org": "acme", **marks})

    with given_once(organization_kind, resources_kind):
        once = asking(tag, name, marks)
    assert (once.way, once.operation, once.returned) == (whole.way, whole.operation, whole.returned)
    for place in ("path", "query", "headers", "body"):
        sent = getattr(once.arguments, place)
        assert sent == getattr(whole.arguments, place)
    assert once.arguments.path["org"] == "acme"


@contextmanager
def given_once(organization_kind, resources_kind):
    """Let the helpers that call a method find it on the organization."""
    with pytest.MonkeyPatch.context() as patch:

        def resource(kind, port, tag):
            assert kind is resources_kind
            resources = kind()
            resources._port = port
            return getattr(organization_kind(resources, "acme"), tag)

        patch.setattr("tests.unit.client.fake_ports.resource", resource)
        yield


def test_an_organization_has_the_methods_with_an_organization_and_no_others(clients):
    check_each({tag: (tag, clients) for tag in METHODS}, check_methods)


def check_methods(tag, clients):
    for client in clients:
        resource = getattr(client, tag)
        names = [name for name, _ in inspect.getmembers(resource, inspect.isroutine) if name[0] != "_"]
        expected = {name for name in names if takes_organization(getattr(resource, name))}
        view = getattr(client.organization("acme"), tag, None)
        found = {name for name in dir(view) if name[0] != "_"} if view is not None else set()
        assert found == expected


def test_signatures_are_the_same_without_the_organization(clients):
    calls = CALLS | HANDWRITTEN_CALLS
    check_each({name: (clients, *call) for name, call in calls.items()}, check_signature)


def check_signature(clients, tag, name):
    for client in clients:
        whole, once = (getattr(getattr(each, tag), name) for each in (client, client.organization("acme")))
        before, after = inspect.signature(whole), inspect.signature(once)
        [org, *others] = before.parameters.values()
        assert org.name == "org"
        assert list(after.parameters.values()) == others
        assert after.return_annotation == before.return_annotation
        assert inspect.getdoc(once).splitlines()[0] == inspect.getdoc(whole).splitlines()[0]


def test_a_raw_response_can_be_had(connect):
    client = connect(Script(response(build(7))))
    raw = client.with_raw_response(plain(client.organization("acme").builds.get), "web", 7)
    assert (raw.status, raw.parsed.number) == (200, 7)


@pytest.mark.parametrize(("kind", "view"), [(Buildkite, OrganizationClient), (AsyncBuildkite, AsyncOrganizationClient)])
def test_an_argument_comes_before_the_client_and_the_client_before_the_environment(kind, view, monkeypatch):
    with pytest.raises(ConfigurationError, match=r"^there is no organization\. .* BUILDKITE_ORGANIZATION_SLUG$"):
        kind("token").organization()
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", " of-the-environment\n")
    assert kind("token").organization().slug == "of-the-environment"
    client = kind("token", organization="of-the-client")
    assert client.organization().slug == client.with_options(timeout=5).organization().slug == "of-the-client"
    acme = client.organization("acme")
    assert (type(acme), acme.slug, repr(acme)) == (view, "acme", f"{view.__name__}('acme')")


@pytest.mark.parametrize("slug", ["", ".."])
def test_an_invalid_slug_is_refused(slug):
    problem = r"(is '\.\.', which would change the path of the request|is empty)$"
    with pytest.raises(ValueError, match=f"^slug {problem}"):
        Buildkite("token").organization(slug)
    with pytest.raises(ValueError, match=f"^organization {problem}"):
        Buildkite("token", organization=slug)
