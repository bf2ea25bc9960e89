"""Programs that the tests run in environments with the built package."""

ONE_CALL = """
import asyncio

import httpx

from buildkite_rest import AsyncBuildkite, Buildkite, NotFoundError


def respond(request):
    assert request.headers["Authorization"] == "Bearer a-token"
    found = request.url.path == "/v2/user"
    return httpx.Response(200 if found else 404, json={"id": "1", "name": "Ada"} if found else {"message": "No"})


async def call():
    async with AsyncBuildkite("a-token", http_client=httpx.AsyncClient(transport=transport)) as client:
        return (await client.user.get()).name


transport = httpx.MockTransport(respond)
with Buildkite("a-token", http_client=httpx.Client(transport=transport)) as client:
    print(client.user.get().name)
    try:
        client.organizations.get("acme")
    except NotFoundError as error:
        print(error.message)
print(asyncio.run(call()))
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

ENTRY_POINTS = """
from importlib.metadata import distribution

for point in distribution("buildkite-rest").entry_points:
    point.load()
    print(point.group, point.name, point.value)
"""

PACKAGES = """
import json
from importlib.metadata import distributions


def licence(metadata):
    declared = metadata["License-Expression"] or metadata["License"] or ""
    classifiers = [name for name in metadata.get_all("Classifier", []) if name.startswith("License")]
    return declared if 0 < len(declared) < 40 else " AND ".join(name.rpartition(":: ")[2] for name in classifiers)


print(json.dumps({
    found.name: [
        licence(found.metadata),
        sum(path.stat().st_size for file in found.files if (path := file.locate()).is_file()),
    ]
    for found in distributions()
}))
"""
