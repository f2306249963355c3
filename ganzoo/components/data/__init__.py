"""Where images come from: folders, pairs of folders, and generated streets."""
