"""A package, as are its folders, so that files in different folders can have the same name."""
