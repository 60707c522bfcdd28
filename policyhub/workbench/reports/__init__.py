"""A review on record: one policy, a comparison or a set, as a page, Markdown and JSON."""
