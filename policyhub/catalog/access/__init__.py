"""Which policies grant an action, how, and on what."""
