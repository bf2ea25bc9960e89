import asyncio
from contextlib import ExitStack

import httpx
import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.client.support import Blocking, Clock, Connect, mock_transport

from buildkite_rest import AsyncBuildkite, Buildkite, RetryPolicy


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    """No test may depend on the token or the URLs of whoever runs it, nor on a level of the log."""
    for name in ("BUILDKITE_API_TOKEN", "BUILDKITE_REST_URL", "BUILDKITE_GRAPHQL_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock():
    return Clock()


#: `make test` runs both kinds of clients and both libraries, `make test PART=all` each kind over each library.
FLAVOURS = [
    "sync",
    "async-httpx2",
    *(pytest.param(flavour, marks=pytest.mark.exhaustive) for flavour in ("async", "sync-httpx2")),
]


@pytest.fixture(params=FLAVOURS)
def connect(request, clock) -> Connect:
    """Makes clients of both kinds, over both HTTP libraries, that read `clock`, and closes them."""
    flavour, _, library = request.param.partition("-")
    module, transport = (httpx2, mock_transport) if library else (httpx, httpx.MockTransport)
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner()) if flavour == "async" else None

        def make(handler=None, *, auth="secret-token", http=None, **options):
            options = {"timing": clock.timing, "retries": RetryPolicy(random=lambda: 0.0), **options}
            kind, http_kind = (AsyncBuildkite, module.AsyncClient) if runner else (Buildkite, module.Client)
            if handler is not None:
                options["http_client"] = http_kind(transport=transport(handler), **(http or {}))
            client = kind(auth, **options)
            return stack.enter_context(Blocking(runner, client) if runner else client)

        yield make


@pytest.fixture(scope="session")
def rsa_key():
    """A key is expensive, and every test that signs can use the same."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
