"""Reports of a run: for people, and as JSON and JUnit XML."""
