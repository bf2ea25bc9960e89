"""Credentials: access tokens, signed JWTs and where the environment names them."""
