"""The state behind the mock server: organizations, pipelines, builds, and what happens to them over time."""
