"""The command palette: what one can find, open and do, from any page."""
