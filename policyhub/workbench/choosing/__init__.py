"""The page on which parts of a policy are chosen."""
