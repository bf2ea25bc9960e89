"""Recorded traffic: HAR files and cassettes of vcrpy, and the command that checks them against the spec."""
