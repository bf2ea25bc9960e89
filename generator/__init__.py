"""Turns the description in `spec/` into the package in `generated/`. Run it with `python -m generator`."""
