"""Finance: how good or bad the news is."""
