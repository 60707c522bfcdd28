"""The change log, its feeds, and what was ever removed."""
