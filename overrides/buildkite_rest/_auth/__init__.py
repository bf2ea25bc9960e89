"""Credentials: access tokens, signed JWTs, and both from environment variables."""
