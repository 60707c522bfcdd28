"""A list whose whole state is in its URL."""
