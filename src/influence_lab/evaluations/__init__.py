"""Ground truth, and how close scores come to it."""
