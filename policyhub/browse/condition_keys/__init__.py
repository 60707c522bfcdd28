"""Condition keys and who uses them."""
