"""Files, folders, git, the IAM API, each turned into the same items."""
