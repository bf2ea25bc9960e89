"""Build hook: makes the files of the package that the repository does not have."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DerivedFiles(BuildHookInterface):
    """Makes the OpenAPI document in its further forms, in a clone. An sdist has them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files before the build collects them."""
        root = Path(self.root)
        if (root / "generator").is_dir():
            sys.path.insert(0, self.root)
            from generator.derived import update  # noqa: PLC0415 - an sdist does not have it

            update(root)
