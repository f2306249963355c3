"""Plays the game: objective, players, one step, the trainer. It knows no registry and no recipe."""
