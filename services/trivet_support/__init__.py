"""Support: what a customer wants, how sure that is, and when a person should take over."""
