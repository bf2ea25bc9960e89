"""One benchmark per module, run by its function `measure`."""
