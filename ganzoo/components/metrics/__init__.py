"""Figures on test samples."""
