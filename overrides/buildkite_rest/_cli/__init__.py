"""The command `buildkite-rest`. `main.py` imports the module of a command when it runs."""
