"""`ganzoo plan`: two folders of images in, a recipe out, and a reason for every value."""
