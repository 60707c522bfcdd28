"""A document as the tools that create policies take it, and as tests that pin it."""
