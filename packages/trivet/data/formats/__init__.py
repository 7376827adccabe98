"""File formats: bytes in, raw rows with real line numbers out."""
