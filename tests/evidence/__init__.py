"""Comparison of the spec with its sources: the documentation and the official clients.

`documentation` and `go_requests` read the sources into `facts`, with `markdown`, `commands`, `samples`, `wording`,
`keywords` and `go_types`. `comparison`, `unsourced` and `links` compare them with the spec, which `schema_view` shows
as a source would state it, and collect `differences`. `decisions` knows those that are decided, and `report` prints the
others.
"""
