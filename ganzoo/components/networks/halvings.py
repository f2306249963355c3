"""How often a network may halve an image; 16 times takes images of 65,536 px."""

from __future__ import annotations

MOST_HALVINGS = 16


def check_halvings(name: str, count: int) -> None:
    """Refuse a number of halvings that is too large, before 2 is raised to it.

    Raises:
        ValueError: with the setting's name.
    """
    if count > MOST_HALVINGS:
        raise ValueError(f"{name} is {count}: an image is halved {MOST_HALVINGS} times at most")
