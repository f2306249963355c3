"""Pages of text that the command line prints about components and recipes."""
