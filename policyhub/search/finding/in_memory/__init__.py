"""The search index in memory: all texts, scanned."""
