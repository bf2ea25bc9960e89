"""Pagination: pagers, prefetching and the URLs of next pages."""
