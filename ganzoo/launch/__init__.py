"""Starts, watches and ends the several processes of one training."""
