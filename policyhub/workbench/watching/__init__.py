"""The policies that a reader watches: what became of them, as a page and as a feed."""
