"""How the objects of the world are written as JSON."""
