"""Methods that are added to the generated resources."""
