"""A package, so that its files may have the same names as tests of other parts."""
