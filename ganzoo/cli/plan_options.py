"""Options of planning, which `ganzoo plan` and `ganzoo run --data FOLDER` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganzoo.cli.options import memory_of, seconds

if TYPE_CHECKING:
    from ganzoo.planning.plan_request import PlanRequest


Pairs = Annotated[
    bool,
    typer.Option("--pairs", help="Images of equal names are pairs. [default: as they look]"),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget", metavar="TIME", help="How long the training may take: 30m, 2h, 1h30m."
    ),
]
Memory = Annotated[
    str,
    typer.Option("--memory", metavar="SIZE", help="How much memory it may take: 8G, 1500M."),
]
GoalOf = Annotated[
    Literal["style", "content", "restore"] | None,
    typer.Option(
        "--goal",
        help="style: look like y; content: keep what is there; restore: get the true image back. "
        "[default: as the images suggest]",
    ),
]
Tries = Annotated[
    int,
    typer.Option(
        "--try",
        min=0,
        metavar="N",
        help="Try N recipes in short trainings, the plan and the likeliest others, and take the "
        "best.",
    ),
]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Plan even where a training makes no sense.")
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Print the whole plan, not its eight lines.")
]


@dataclass(frozen=True)
class PlanOptions:
    """The options of planning as they were typed."""

    pairs: bool = False
    budget: str | None = None
    memory: str = ""
    goal: Literal["style", "content", "restore"] | None = None
    tries: int = 0
    anyway: bool = False

    def given(self) -> list[str]:
        """The options that were typed."""
        typed = {
            "--pairs": self.pairs,
            "--budget": self.budget is not None,
            "--memory": self.memory,
            "--goal": self.goal,
            "--try": self.tries,
            "--anyway": self.anyway,
        }
        return [option for option, is_given in typed.items() if is_given]

    def request(self, folders: tuple[Path, ...], out: Path | None = None) -> PlanRequest:
        """What is to be planned, checked as far as that is possible without torch.

        out: the folder of the plan, which names it.

        Raises:
            GanzooError: an option or a folder is wrong.
        """
        from ganzoo.planning.plan_request import PlanRequest, name_plan, refuse_folders

        budget = None if self.budget is None else seconds(self.budget, "--budget")
        memory, goal = memory_of(self.memory), self.goal
        refuse_folders(folders)
        name, pairs = name_plan(folders, out), self.pairs or None
        return PlanRequest(folders, name, budget, memory, goal, pairs, self.tries, self.anyway)
