"""Rules of bodies."""
