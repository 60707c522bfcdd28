"""What is dangerous in a document: paths to more power or to data, each proved."""
