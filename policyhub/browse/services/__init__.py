"""Services and their actions."""
