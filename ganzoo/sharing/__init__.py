"""What goes out of the house with a model: its card."""
