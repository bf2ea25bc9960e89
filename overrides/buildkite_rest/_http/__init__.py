"""Requests and responses over httpx or httpx2."""
