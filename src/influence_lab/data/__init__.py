"""Datasets: generated, real and checked."""
