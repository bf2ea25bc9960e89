"""Artifacts as JSON."""

from __future__ import annotations

import posixpath

from ..world.artifacts import sha1sum
from ..world.builds import Artifact, Job
from .view import Json, View


def artifact(view: View, job: Job, item: Artifact) -> Json:
    """Write an artifact."""
    url = f"{view.job_url(job)}/artifacts/{item.id}"
    return {
        "id": item.id,
        "job_id": job.id,
        "url": url,
        "download_url": f"{url}/download",
        "state": item.state,
        "path": item.path,
        "dirname": posixpath.dirname(item.path),
        "filename": posixpath.basename(item.path),
        "mime_type": item.mime_type,
        "file_size": item.file_size,
        "glob_path": None,
        "original_path": None,
        "sha1sum": sha1sum(item),
    }
