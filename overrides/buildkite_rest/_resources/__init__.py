"""Handwritten methods of the generated resources."""
