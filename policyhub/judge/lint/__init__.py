"""What is wrong with a document: one small rule for each kind of mistake."""
