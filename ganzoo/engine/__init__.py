"""The play layer: torch, and no names. Objective, players, one step of the game, the trainer."""
