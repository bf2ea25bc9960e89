"""Artifacts: which files a job uploads, and what is in them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from ..ids import chance
from .builds import Artifact, Job

if TYPE_CHECKING:
    from .world import World

#: Path, media type and largest size of the files that jobs upload.
_FILES = (
    ("coverage/index.html", "text/html", 16_384),
    ("log/rspec.json", "application/json", 4_096),
    ("dist/app.tar.gz", "application/gzip", 1_048_576),
    ("tmp/screenshots/sign up.png", "image/png", 65_536),
    ("log/empty.log", "text/plain", 0),
    ("reports/überblick.xml", "text/xml", 2_048),
)
_MOST_FILES = 3


def upload(world: World, job: Job) -> list[Artifact]:
    """Return the artifacts that a job leaves behind, which depend on nothing but its id."""
    if job.step.artifact_paths is None:
        return []
    luck = chance(job.id)
    files = luck.sample(_FILES, luck.randint(1, _MOST_FILES))
    return [
        Artifact(id=world.artifact_id(job, index), path=path, mime_type=mime_type, file_size=luck.randint(0, largest))
        for index, (path, mime_type, largest) in enumerate(files)
    ]


def content(artifact: Artifact) -> bytes:
    """Return the bytes of an artifact."""
    return chance(artifact.id).randbytes(artifact.file_size)


@lru_cache(maxsize=4096)
def sha1sum(artifact: Artifact) -> str:
    """Return the SHA-1 of the bytes of an artifact."""
    return hashlib.sha1(content(artifact), usedforsecurity=False).hexdigest()
