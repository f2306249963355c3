"""What the command line prints of components and recipes: pages and columns of text."""
