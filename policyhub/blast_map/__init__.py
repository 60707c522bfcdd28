"""What a document can do, drawn as power and not as a share."""
