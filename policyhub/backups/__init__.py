"""The whole database in one file, and back, on either kind of database."""
