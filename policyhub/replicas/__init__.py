"""Reading from copies of the database that follow it: which request may, and from which copy."""
