"""An asynchronous client belongs to the event loop in which it is first used."""

import asyncio

import httpx
import httpx2
import pytest
from tests.unit.client.support import build

from buildkite_rest import AsyncBuildkite, ConfigurationError


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_second_event_loop_is_refused_and_nothing_is_sent(module):
    def respond(request):
        requests.append(request)
        return module.Response(200, json=build())

    async def get():
        return await client.builds.get("acme", "web", 1)

    requests = []
    client = AsyncBuildkite("token", http_client=module.AsyncClient(transport=module.MockTransport(respond)))
    with asyncio.Runner() as runner:
        runner.run(get())
        for call in (get, client.aclose):
            with pytest.raises(
                ConfigurationError, match=r"^the client belongs to another event loop; make one in each"
            ):
                asyncio.run(call())
        runner.run(get())
        runner.run(client.aclose())
    assert len(requests) == 2


def test_a_client_that_was_not_used_is_closed_in_any_event_loop():
    asyncio.run(AsyncBuildkite("token").aclose())
