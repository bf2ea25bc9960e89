"""Modules of the generated package `organization`. The generator writes that package's `__init__`."""
