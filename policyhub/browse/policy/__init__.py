"""The pages of one policy."""
