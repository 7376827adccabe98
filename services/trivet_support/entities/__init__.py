"""Entities: what a message names, such as an amount, a date or an order, where it stands and what it means."""
