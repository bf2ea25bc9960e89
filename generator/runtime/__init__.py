"""Modules that are copied unchanged into the generated package, under the same path. They import only each other."""
