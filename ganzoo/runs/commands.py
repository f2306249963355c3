"""Commands about a run, for messages that tell a user what to type."""

from __future__ import annotations

import shlex
from pathlib import Path


def resume_command(folder: Path, *more: str) -> str:
    """The command that resumes the run in a folder; `more` are further words of it."""
    return shlex.join(["ganzoo", "resume", str(folder), *more])
