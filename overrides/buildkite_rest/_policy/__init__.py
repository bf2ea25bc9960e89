"""Policies of a call: retries, rate-limit pacing and notices of pauses."""
