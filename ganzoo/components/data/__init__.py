"""Data sets: folders of images, drawn streets, digits; and the files that they are read from."""
