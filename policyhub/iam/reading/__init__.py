"""JSON text in, a policy or every problem out."""
