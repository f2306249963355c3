"""Metrics over held-out samples: what is measured, the best model, tables."""
