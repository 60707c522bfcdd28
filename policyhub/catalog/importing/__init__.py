"""Items in, policies kept, a report out."""
