"""Rules by which `ganzoo plan` decides a recipe."""
