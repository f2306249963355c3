"""Named outputs that take more than evaluating one wire."""
