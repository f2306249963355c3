"""What a person can put right: said in one sentence, without a traceback."""

from __future__ import annotations


class Refused(Exception):
    """A measurement that cannot be made, and why."""
