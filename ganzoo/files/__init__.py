"""Files: the one way to write them, and a bounded way to read those that anybody may have made."""
