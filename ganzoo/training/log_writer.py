"""log.jsonl: a line for each log entry."""

from __future__ import annotations

from ganzoo.interfaces import Callback, LogEntry, Training
from ganzoo.training.session import Session


class LogWriter(Callback):
    """Writes log entries into the run folder."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def on_log(self, training: Training, entry: LogEntry) -> None:
        """Write a line of the log."""
        if training.is_main:
            self.session.folder.append(dict(entry))
