"""Weights from elsewhere: what a file holds, read from its tensors, as a model with a recipe."""
