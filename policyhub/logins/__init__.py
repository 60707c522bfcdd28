"""Logging in: who asks, how long after wrong passwords, and how that is lifted."""
