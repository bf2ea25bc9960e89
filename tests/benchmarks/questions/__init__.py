"""A benchmark a file: `ask` measures and answers."""
