"""Recorded calls as requests: events of CloudTrail, messages of denied calls, requests."""
