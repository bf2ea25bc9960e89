"""The objects of a body, and the requests that they belong to."""
