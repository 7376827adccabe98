"""Trivet turns pretrained language models into domain services; importing it loads no torch."""

__version__ = "0.1.0"
