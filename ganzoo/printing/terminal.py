"""The console of all tables and displays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ganzoo.printing.text import visible


class Terminal(Console):
    """rich's console: takes no markup, and what it draws holds no control characters but its own.

    Who fills a table still gives it cells of one line (`one_line`), so that columns fit.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **settings)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The pieces of what is drawn; rich's own control codes stand apart from texts."""
        for segment in super().render(renderable, options):
            shown = segment.text if segment.control else visible(segment.text)
            yield Segment(shown, segment.style, segment.control)
