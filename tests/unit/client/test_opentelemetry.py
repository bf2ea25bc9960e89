"""OpenTelemetry's instrumentation of httpx traces the requests of both clients."""

import asyncio
import json
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from tests.unit.client.support import API, Script, Silent, response, serving

from buildkite_rest import AsyncBuildkite, Buildkite, RetryPolicy

ADA = {"id": "1", "name": "Ada", "email": "ada@acme.example"}
TOKEN = "secret-token"
ONCE = RetryPolicy(max_retries=0)


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


class Responds(Silent, BaseHTTPRequestHandler):
    def do_GET(self):
        content = json.dumps(ADA).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_the_default_client_is_traced(provider, exporter, flavour):
    async def call(client):
        async with client:
            await client.user.get()

    instrumentor = HTTPXClientInstrumentor()
    with serving(Responds) as url:
        existing = (AsyncBuildkite if flavour == "async" else Buildkite)(TOKEN, base_url=url)
        instrumentor.instrument(tracer_provider=provider)
        try:
            if flavour == "async":
                asyncio.run(call(existing))
            else:
                with existing:
                    existing.user.get()
        finally:
            instrumentor.uninstrument()
    [span] = exporter.get_finished_spans()
    assert span.kind is SpanKind.CLIENT
    assert dict(span.attributes) == {"http.method": "GET", "http.url": f"{url}/v2/user", "http.status_code": 200}
    assert TOKEN not in span.to_json()


@pytest.fixture
def traced(provider):
    """Return a client whose own `http_client` is traced."""

    def make(script, **hooks):
        http_client = httpx.Client(transport=httpx.MockTransport(script))
        HTTPXClientInstrumentor.instrument_client(http_client, tracer_provider=provider, **hooks)
        return Buildkite(TOKEN, http_client=http_client, retries=ONCE)

    return make


NEXT = response([], Link=f'<{API}/v2/builds?page=2&api_key=s3cret>; rel="next"')


def hide_query(span, request):
    span.set_attribute("http.url", str(request.url).partition("?")[0])


@pytest.mark.parametrize(
    ("hooks", "shown"), [({}, True), ({"request_hook": hide_query}, False)], ids=["without", "with"]
)
def test_a_hook_removes_the_query(traced, exporter, hooks, shown):
    with traced(Script(NEXT, response([])), **hooks) as client:
        list(client.builds.list_all())
    assert len(exporter.get_finished_spans()) == 2
    assert ("s3cret" in "".join(span.to_json() for span in exporter.get_finished_spans())) is shown
