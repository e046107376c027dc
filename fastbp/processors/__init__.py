"""How many threads may compute, here and now."""
