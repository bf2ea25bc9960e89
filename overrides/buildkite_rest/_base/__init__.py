"""What every other package may use: errors, URLs, the clock, validation of arguments."""
