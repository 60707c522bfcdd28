"""The documentation held against the documents."""
