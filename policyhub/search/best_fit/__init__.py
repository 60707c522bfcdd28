"""Which attachable policies allow the needed actions with the least excess."""
