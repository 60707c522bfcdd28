"""What a document is made of: elements, patterns, variables, conditions, and their English."""
