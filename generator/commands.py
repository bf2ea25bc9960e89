"""The commands of `python -m generator`, in a module of their own, because importing the tools takes half a second."""

import argparse
import sys
from pathlib import Path
from typing import Any

from .bundle import dump, without_own_keys
from .document import operations, without_webhooks
from .errors import printable
from .openapi_30 import to_openapi_30
from .output import print_lines, write_all
from .scaffold import add_resource
from .steps import check, generate, load, located


def run_command(options: argparse.Namespace) -> int:
    """Run one command and return its exit status.

    Raises:
        GenerationError: The spec has problems, all of which are in it.
    """
    match options.command:
        case "generate":
            print_lines(printable(f"{options.out}: {generate(options.spec, options.out)} files"))
        case "check":
            differences = check(options.spec, options.out)
            lines = differences or [f"{options.out} is up to date with {options.spec}"]
            print_lines("\n".join(map(printable, lines)))
            return 1 if differences else 0
        case "lint":
            count = sum(1 for _ in operations(load(options.spec).document))
            print_lines(printable(f"{options.spec}: {count} operations, no problems"))
        case "bundle":
            write_all(dump(_published(options)).encode())  # YAML is UTF-8 in every terminal
        case "new":
            print_lines("\n".join(map(str, add_resource(options.tag, options.noun, Path()))))
    return 0


def _published(options: argparse.Namespace) -> dict[str, Any]:
    """Return the document in the form that `options` name, and report what OpenAPI 3.0 lacks."""
    bundle = load(options.spec)
    document: dict[str, Any] = without_own_keys(bundle.document)
    if options.without_webhooks:
        document = without_webhooks(document)
    if options.openapi == "3.0":
        with located(bundle):
            document = to_openapi_30(document)
        for name, text in document["info"]["x-converted"]["differences"].items():
            print(f"OpenAPI 3.0, {name}: {text}", file=sys.stderr)
    return document
