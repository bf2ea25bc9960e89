"""The command `buildkite-rest`: one module for each of its commands, imported when the command runs."""
