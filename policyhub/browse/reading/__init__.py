"""A document as pages tell it."""
