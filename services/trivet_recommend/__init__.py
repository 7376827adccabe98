"""Recommend: what a user may want next, and why."""
