"""Makes the source of the documentation site: handwritten pages, and a page per resource made from the code."""
