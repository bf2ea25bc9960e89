"""Attacks on the client: a server that does everything wrong, and what the client makes of it."""
