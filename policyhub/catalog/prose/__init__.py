"""The documentation checked against the documents."""
