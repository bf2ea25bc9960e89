"""Foundations of the other packages: errors, URLs, the clock, validation of arguments."""
