"""What to type about a run."""

from __future__ import annotations

import shlex
from pathlib import Path


def resume_command(folder: Path, *more: str) -> str:
    """What to type to go on with the run in a folder; `more` are further words."""
    return shlex.join(["ganzoo", "resume", str(folder), *more])
