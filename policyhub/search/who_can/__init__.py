"""Which policies allow a request."""
