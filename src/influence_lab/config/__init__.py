"""The configuration and its validation."""
