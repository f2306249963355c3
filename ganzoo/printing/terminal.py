"""The console of all tables and displays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ganzoo.printing.text import visible


class Terminal(Console):
    """A console of rich that reads no markup and escapes the control characters of texts.

    Newlines stay: pass the cells of a table through `one_line`, so that its columns fit.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **settings)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments to draw, texts escaped; rich keeps its own control codes apart from them."""
        for segment in super().render(renderable, options):
            shown = segment.text if segment.control else visible(segment.text)
            yield Segment(shown, segment.style, segment.control)
