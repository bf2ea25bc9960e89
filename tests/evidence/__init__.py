"""Comparison of the spec with its sources: the documentation and the official Go client.

`documentation` and `go_client` read the sources into `facts`, with `markdown` and `samples`. `comparison` and
`unsourced` compare them with the spec, which `schema_view` shows as a source would state it, and collect `differences`,
of which some are decided.
"""
