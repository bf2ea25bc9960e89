"""Files that downloads are written to."""
