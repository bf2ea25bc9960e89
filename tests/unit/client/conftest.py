import asyncio
from contextlib import ExitStack

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.unit.client.support import Blocking, Clock, Connect

from buildkite_rest import AsyncBuildkite, Buildkite, RetryPolicy


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    """No test may depend on the token of whoever runs it."""
    monkeypatch.delenv("BUILDKITE_API_TOKEN", raising=False)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sync", "async"])
def connect(request, clock) -> Connect:
    """Makes clients of both kinds that read `clock`, and closes them."""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner()) if request.param == "async" else None

        def make(handler=None, *, auth="secret-token", http=None, **options):
            options = {"timing": clock.timing, "retries": RetryPolicy(random=lambda: 0.0), **options}
            kind, http_kind = (AsyncBuildkite, httpx.AsyncClient) if runner else (Buildkite, httpx.Client)
            if handler is not None:
                options["http_client"] = http_kind(transport=httpx.MockTransport(handler), **(http or {}))
            client = kind(auth, **options)
            return stack.enter_context(Blocking(runner, client) if runner else client)

        yield make


@pytest.fixture(scope="session")
def rsa_key():
    """A key is expensive, and every test that signs can use the same."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
