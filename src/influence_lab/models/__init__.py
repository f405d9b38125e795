"""Models and how they are trained and retrained."""
