"""Benchmarks: definitions, records that can be checked again, and what has gone stale."""
