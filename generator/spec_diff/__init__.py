"""Changes of the spec on the wire since a revision, as lines for the changelog."""
