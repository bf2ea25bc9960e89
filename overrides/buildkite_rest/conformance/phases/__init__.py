"""Phases of a run."""
