"""The resources of one organization: the generated methods without their first argument."""

import asyncio
import inspect

import pytest
from generator.steps import generate
from tests.unit.generator.conftest import AsyncRecorder, Recorder
from tests.unit.generator.spec_fixture import write_spec_with_crews


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The generated files of a spec with a tag that belongs to an organization."""
    folder = tmp_path_factory.mktemp("organization")
    generate(write_spec_with_crews(folder / "spec"), folder / "generated")
    return folder / "generated"


@pytest.fixture(params=["", "Async"], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture
def resources(generated_module, kind):
    made = getattr(generated_module("resources"), f"{kind}Resources")()
    made._port = AsyncRecorder() if kind else Recorder()
    return made


@pytest.fixture
def acme(generated_module, kind, resources):
    return getattr(generated_module("organization"), f"{kind}OrganizationResources")(resources, "acme")


def result(value):
    async def wait():
        return await value

    return asyncio.run(wait()) if inspect.isawaitable(value) else value


def test_a_method_knows_its_organization(acme, resources):
    operation, arguments = result(acme.crews.get_of_organization("night", robots=True))
    assert operation.id == "getCrewOfOrganization"
    assert (arguments.path, arguments.query) == ({"org": "acme", "name": "night"}, {"robots": True})
    assert acme.slug == "acme"
    assert type(acme).slug.__doc__ == "Organization of the crew."


def test_methods_without_an_organization_are_left_out(acme, generated_module):
    assert not hasattr(acme.crews, "get")
    assert not hasattr(acme, "robots")
    assert hasattr(generated_module("resources.crews").Crews, "get")


def test_signature_and_docstring_differ_in_the_organization_only(acme, resources):
    one, other = acme.crews.get_of_organization, resources.crews.get_of_organization
    [org, *rest] = inspect.signature(other).parameters.values()
    assert list(inspect.signature(one).parameters.values()) == rest
    assert org.name == "org"
    assert inspect.getdoc(one) == inspect.getdoc(other).replace("    org: Organization of the crew.\n", "")
    assert inspect.iscoroutinefunction(one) == inspect.iscoroutinefunction(other)


def test_an_overridden_method_is_called(acme, resources):
    class Crews(type(resources.crews)):
        def get_of_organization(self, org, name, **options):
            return f"{org}'s own {name}"

    resources.crews = Crews(None)
    assert acme.crews.get_of_organization("night") == "acme's own night"


def test_a_resource_and_its_methods_are_cached(acme):
    assert acme.crews is acme.crews
    assert acme.crews.get_of_organization is acme.crews.get_of_organization


def test_a_method_of_the_class_is_not_callable(acme, resources):
    shown = type(acme.crews).get_of_organization
    assert shown.__doc__ == acme.crews.get_of_organization.__doc__
    assert not callable(shown)
