"""Artifacts, and signed download URLs of the storage."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
import posixpath
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import quote, urlencode

from .. import lookup
from ..backend import Backend
from ..http.call import Call, Reply, json, no_content
from ..http.errors import NotFoundError, UnprocessableError, require
from ..http.pagination import page
from ..http.routing import routes
from ..ids import digest, seeded_random
from ..lookup import BUILD, job_paths, job_url
from ..undo import stored
from ..values import Json, matches_glob, seed_document
from .jobs import Job
from .resource import field, fields_json

if TYPE_CHECKING:
    from .packages import Package


#: Seconds for which a download URL is valid.
URL_LIFE_SECONDS = 60


def signed_url(backend: Backend, storage_url: str, file: Artifact | Package) -> str:
    """Return a signed download URL, valid for `URL_LIFE_SECONDS`."""
    expires = str(int(backend.clock()) + URL_LIFE_SECONDS)
    query = urlencode({"Expires": expires, "Signature": url_signature(backend, file.id, expires)})
    return f"{storage_url}/{file.id}/{quote(file.path)}?{query}"


def url_signature(backend: Backend, file_id: str, expires: str) -> str:
    """Return the signature of a download URL."""
    key = digest("storage", backend.seed).encode()
    return hmac.new(key, f"{file_id}\n{expires}".encode(), hashlib.sha256).hexdigest()


ArtifactState = Literal["new", "error", "finished", "deleted", "expired"]


@stored
class Artifact:
    """A file that a job has uploaded. Without a content of its own it is derived from its id and size."""

    id: str
    path: str
    mime_type: str
    file_size: int
    state: ArtifactState = "finished"
    content: bytes | None = field(default=None, hidden=True)


#: Largest size of the files that jobs upload, by path.
_FILES: Mapping[str, int] = seed_document("jobs")["artifacts"]
_MOST_FILES = 3


def new_artifact(backend: Backend, job: Job, index: int, path: str, **attributes: Any) -> Artifact:
    """Return a file that a job has uploaded, of the media type of its path."""
    mime_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Artifact(id=backend.artifact_id(job, index), path=path, mime_type=mime_type, **attributes)


def make_artifacts(backend: Backend, job: Job) -> list[Artifact]:
    """Return the artifacts of a finished job, derived from its id."""
    if job.step.artifact_paths is None:
        return []
    rng = seeded_random(job.id)
    files = rng.sample([*_FILES.items()], rng.randint(1, _MOST_FILES))
    return [
        new_artifact(backend, job, index, path, file_size=rng.randint(0, largest))
        for index, (path, largest) in enumerate(files)
    ]


def artifact_content(artifact: Artifact) -> bytes:
    """Return the bytes of an artifact."""
    if artifact.content is not None:
        return artifact.content
    return seeded_random(artifact.id).randbytes(artifact.file_size)


@lru_cache(maxsize=4096)
def sha1sum(artifact: Artifact) -> str:
    """Return the SHA-1 of the bytes of an artifact."""
    return hashlib.sha1(artifact_content(artifact), usedforsecurity=False).hexdigest()


def artifact_json(call: Call, job: Job, artifact: Artifact) -> Json:
    url = f"{job_url(call, job)}/artifacts/{artifact.id}"
    return {
        **fields_json(artifact),
        "job_id": job.id,
        "url": url,
        "download_url": f"{url}/download",
        "dirname": posixpath.dirname(artifact.path),
        "filename": posixpath.basename(artifact.path),
        "glob_path": None,
        "original_path": None,
        "sha1sum": sha1sum(artifact),
    }


@routes.route("GET", f"{BUILD}/artifacts", *job_paths("/artifacts"), scope="read_artifacts", checks="state")
def list_artifacts(call: Call) -> Reply:
    """List the artifacts of a build or of a job."""
    jobs = [lookup.job(call)] if "job_id" in call.params else lookup.build(call).jobs
    state, path = call.query.text("state"), call.query.text("path")
    if state not in (None, *get_args(ArtifactState)):
        raise UnprocessableError(f"State must be one of {', '.join(get_args(ArtifactState))}")
    artifacts = [
        (job, artifact)
        for job in jobs
        for artifact in job.artifacts
        if state in (None, artifact.state) and (path is None or matches_glob(path, artifact.path))
    ]
    return page(call, artifacts, lambda pair: artifact_json(call, *pair))


@routes.route("GET", *job_paths("/artifacts/{artifact_id}"), scope="read_artifacts")
def get_artifact(call: Call) -> Reply:
    return json(artifact_json(call, *_find_artifact(call)))


@routes.route("DELETE", *job_paths("/artifacts/{artifact_id}"), scope="write_artifacts")
def delete_artifact(call: Call) -> Reply:
    job, artifact = _find_artifact(call)
    job.artifacts.remove(artifact)
    return no_content()


@routes.route("GET", *job_paths("/artifacts/{artifact_id}/download"), scope="read_artifacts")
def download_artifact(call: Call) -> Reply:
    """Redirect to a signed URL of the storage origin."""
    _, artifact = _find_artifact(call)
    if artifact.state != "finished":
        raise NotFoundError(f"The artifact can't be downloaded because it is {artifact.state}")
    url = signed_url(call.backend, call.storage_url, artifact)
    return json({"url": url}, 302, {"Location": url})


def _find_artifact(call: Call) -> tuple[Job, Artifact]:
    job = lookup.job(call)
    artifact_id = call.params["artifact_id"]
    artifact = require(next((one for one in job.artifacts if one.id == artifact_id), None), "artifact")
    return job, artifact
