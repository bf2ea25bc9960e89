"""Generator of the package in `generated/` from the spec in `spec/`. Run it with `python -m generator`."""
