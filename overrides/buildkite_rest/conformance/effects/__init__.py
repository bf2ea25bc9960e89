"""Rules about the effects of requests: which properties change, to which values, and that nothing else changes."""
