"""Everything that is computed from documents, written in one place."""
