"""Validation of a document by openapi-spec-validator, which takes longer than all house rules.

As a program, it reads the document from standard input, and writes the errors as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeAlias

from .processes import start_python

_ROOT = Path(__file__).parent.parent
"""The folder of this package, which may be imported from another one."""

Error: TypeAlias = tuple[tuple[str, ...], str]
"""The pointer to what is wrong, and the message."""


def errors(document: dict[str, Any]) -> list[Error]:
    """Return the violations of OpenAPI 3.1."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415 - a process that waits need not import it

    return [
        (tuple(map(str, error.absolute_path)), " ".join(error.message.split()))
        for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]


@contextmanager
def validating(document: dict[str, Any]) -> Iterator[Callable[[], list[Error]]]:
    """Validate `document` during the block. The function waits for the errors of the document as it was before."""
    with TemporaryFile("w+", encoding="utf-8") as file:
        json.dump(document, file)
        file.seek(0)
        process = start_python("-m", __name__, stdin=file, folder=_ROOT)
    with process:

        def wait() -> list[Error]:
            output, _ = process.communicate()
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode, process.args)
            return [(tuple(pointer), message) for pointer, message in json.loads(output)]

        try:
            yield wait
        finally:
            process.kill()


if __name__ == "__main__":
    json.dump(errors(json.load(sys.stdin)), sys.stdout)
