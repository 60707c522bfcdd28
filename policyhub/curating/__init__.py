"""What curators do on pages of ours: the history of their edits, and imports with a preview."""
