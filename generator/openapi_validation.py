"""Validation of a document by openapi-spec-validator, which takes longer than all house rules.

As a program, it reads the document from standard input, and writes the errors as JSON.
"""

import gc
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
    """Return the violations of OpenAPI 3.1 by a document in which `openapi_schema` finds none."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415 - a process that waits need not import it
    from openapi_spec_validator.validation.keywords import OpenAPIV31SchemaValidator  # noqa: PLC0415

    class SchemaValidator(OpenAPIV31SchemaValidator):
        def _get_schema_checker(self, *arguments: Any) -> Callable[[Any], None]:
            super()._get_schema_checker(*arguments)  # raises an error for an unknown dialect
            # `openapi_schema` has validated all schemas against the meta-schema, in a hundredth of the time.
            return lambda schema: None

    class Validator(OpenAPIV31SpecValidator):
        keyword_validators = {  # noqa: RUF012 - a dictionary in the base class too
            **OpenAPIV31SpecValidator.keyword_validators,
            "schema": SchemaValidator,
        }

    return [
        (tuple(map(str, error.absolute_path)), " ".join(error.message.split()))
        for error in Validator(document).iter_errors()
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
    gc.disable()  # see `processes`
    json.dump(errors(json.load(sys.stdin)), sys.stdout)
