"""Phases of a run: `generated` ones of schemathesis, and those of the runner itself."""
