"""The policy language. Pure: the standard library only, no Django, no files, no clock."""
