"""Printing to a terminal or a table: text whose control characters are made visible."""
