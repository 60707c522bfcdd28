"""The list of policies."""
