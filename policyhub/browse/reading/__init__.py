"""A document as pages show it."""
