"""Alarms: what a detector sees in the log becomes one when it lasts, and is told in a sentence."""
