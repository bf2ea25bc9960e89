"""Names that tags cannot have, compared with the public clients."""

from generator.bundle import read_bundle
from generator.document import operations
from generator.lint.names import CLIENT_ATTRIBUTES
from tests.unit.generator.test_real_spec import PROJECT

from buildkite_rest import AsyncBuildkite, AsyncOrganizationClient, Buildkite, OrganizationClient


def test_attributes_of_the_clients_are_reserved():
    bundle = read_bundle(PROJECT / "spec")
    tags = {operation.node["tags"][0] for operation in operations(bundle.document)}
    clients = (Buildkite, AsyncBuildkite, OrganizationClient, AsyncOrganizationClient)
    public = {name for client in clients for name in dir(client) if not name.startswith("_")}
    assert public - tags == CLIENT_ATTRIBUTES
