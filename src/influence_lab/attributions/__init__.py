"""Influence scores."""
