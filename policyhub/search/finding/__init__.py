"""Search: policies, statements, descriptions, and the reference by words."""
