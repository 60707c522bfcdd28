"""The documentation: Markdown files in this folder, served at `/help/` with a search over them."""
