"""Generator of the documentation site: handwritten pages, and a page for each resource, made from the code."""
