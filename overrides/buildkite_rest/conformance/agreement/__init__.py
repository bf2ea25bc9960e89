"""Agreement of the responses of different operations: which of them describe the same object, and how they differ."""
