"""What the command line prints of parts and recipes: pages and columns of text."""
