"""Server bugs: a table, an engine that plants them in the mock, and those that a table cannot describe."""
