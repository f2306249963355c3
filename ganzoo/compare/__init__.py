"""Compares systems: trains what is missing, measures it, and shows scores and pictures together."""
