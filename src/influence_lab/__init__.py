"""Influence functions, derived, computed and checked."""
