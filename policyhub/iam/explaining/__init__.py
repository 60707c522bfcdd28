"""Why, on what it depends, what would change it, in words."""
