"""Server bugs that were planted by authors who had not read the runner. See `mutant.py` for their form."""
