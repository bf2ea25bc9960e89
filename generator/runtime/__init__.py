"""Modules that are copied unchanged into the generated package, under the same path. They import nothing of ours."""
