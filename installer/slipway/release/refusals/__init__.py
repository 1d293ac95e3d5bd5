"""What the API server refuses: what passes by itself, what never does, and what would help."""
