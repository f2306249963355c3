"""Data sets as folders of files: the authors' public ones fetched, and drawn ones written."""
