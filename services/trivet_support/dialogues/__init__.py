"""Dialogues with labels, made into rows that a model learns to read history from."""
