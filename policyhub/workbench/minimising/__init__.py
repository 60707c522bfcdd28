"""A document in fewer characters, or as several that fit their quota, each with the proof."""
