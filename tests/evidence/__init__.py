"""Comparison of the spec with its sources: the documentation and the official Go client.

`documentation` and `go_client.go` read the sources into `facts`. `comparison` compares them with the spec, in both
directions. `spec/evidence.toml` lists the differences that are decided.
"""
