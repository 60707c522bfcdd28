"""The service authorization reference: in memory, in the database."""
