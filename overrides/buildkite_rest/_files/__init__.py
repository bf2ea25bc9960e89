"""Safe writing of downloaded files."""
