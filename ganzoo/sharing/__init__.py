"""What goes out of the house with a model: its card, bundles, and what a hub is sent."""
