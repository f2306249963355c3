"""Training a recipe into a run folder, and what happens beside the steps."""
