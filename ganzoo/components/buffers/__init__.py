"""What a critic sees of the past."""
