"""What reaches a terminal or a table: text whose control characters are spelled."""
