"""What may happen between steps and epochs."""
