"""Programs that the tests run in environments with the built package."""

ONE_CALL = """
import asyncio
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from buildkite_rest import AsyncBuildkite, Buildkite, NotFoundError


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        assert self.headers["Authorization"] == "Bearer a-token"
        found = self.path == "/v2/user"
        body = b'{"id": "1", "name": "Ada"}' if found else b'{"message": "No user found"}'
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


async def call(url):
    async with AsyncBuildkite("a-token", base_url=url) as client:
        return (await client.user.get()).name


with HTTPServer(("127.0.0.1", 0), Handler) as server:
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with Buildkite("a-token", base_url=url) as client:
        print(client.user.get().name)
        try:
            client.organizations.get("acme")
        except NotFoundError as error:
            print(error.message)
    print(asyncio.run(call(url)))
    server.shutdown()
"""

SIGNED = """
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from buildkite_rest import JWTAuth

key = generate_private_key(65537, 2048)
print(len(JWTAuth("01920000-feed-7003-8000-000000000006", key).authorization().split(".")))
"""

MOCK = """
from buildkite_rest import Buildkite
from buildkite_rest.mock import MockServer

with MockServer() as server, Buildkite(server.token, base_url=server.url, strict=True) as bk:
    build = bk.builds.create("acme", "web", commit="HEAD", branch="main")
    builds = list(bk.builds.list_for_organization("acme", max_items=120))
    print(bk.builds.get("acme", "web", build.number).branch, len(builds))
"""

MOCK_COMMAND = """
import subprocess
import sys

command = [sys.executable, "-m", "buildkite_rest.mock", "--builds", "1"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
    print(process.stdout.readline().rpartition(":")[0])
    process.terminate()
sys.exit(process.returncode)
"""

CONFORMANCE = """
import os
import subprocess
import sys

from buildkite_rest.mock import MockServer

with MockServer() as server:
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", server.url]
    options = ["--phases", "agreement", "--seed", "1", "--include-tag", "user"]
    done = subprocess.run([*command, *options], env={**os.environ, "BUILDKITE_API_TOKEN": server.token})
sys.exit(done.returncode)
"""

SPEC = """
import hashlib
from importlib.resources import files

print(hashlib.sha256(files("_buildkite_rest").joinpath("openapi.yaml").read_bytes()).hexdigest())
"""

ENTRY_POINTS = """
from importlib.metadata import distribution

for point in distribution("buildkite-rest").entry_points:
    point.load()
    print(point.group, point.name, point.value)
"""

VERSIONS = """
from importlib.metadata import version

for name in {names!r}:
    print(name, version(name))
"""

SIZES = """
import json
from importlib.metadata import distributions

print(json.dumps({
    found.name: sum(path.stat().st_size for file in found.files if (path := file.locate()).is_file())
    for found in distributions()
}))
"""
