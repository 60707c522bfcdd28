"""The search index in the database, for a catalogue that is too large for memory."""
