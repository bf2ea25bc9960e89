"""Rules of headers."""
