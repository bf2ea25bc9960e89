"""Test Engine: suites, tests, runs."""
