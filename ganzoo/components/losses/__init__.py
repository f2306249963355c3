"""The terms of an objective."""
