"""Judgement: what is wrong with a policy, and what is dangerous in it."""
