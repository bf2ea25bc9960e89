"""HTTP: routing, validation, pagination, rate limits, faults, authentication."""
