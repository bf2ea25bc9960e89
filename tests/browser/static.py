"""Files of a folder on an origin of their own."""

from contextlib import AbstractContextManager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from tests.unit.client.support import Silent, serving


class Files(Silent, SimpleHTTPRequestHandler):
    """Responds with files, and logs nothing."""


def served(folder: Path) -> AbstractContextManager[str]:
    """Serve the files of a folder, and yield the origin."""
    return serving(partial(Files, directory=folder))
