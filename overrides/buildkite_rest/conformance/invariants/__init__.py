"""Rules that hold within every response: names and URLs of an object agree, times are in order, states have a finish.

Each rule is a pure function that yields a message for each violation. The rules know properties by the conventions of
the API's names, such as `…_url`, `…_at` and `…_count`, so they apply to any operation and to other documents.
"""
