"""What curators do on pages of ours: the history of their edits, and putting edits back."""
