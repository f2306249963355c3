"""Scores on test samples."""
