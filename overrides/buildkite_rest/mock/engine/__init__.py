"""Everything about a request that does not depend on the resource: routing, tokens, limits, validation, pages."""
