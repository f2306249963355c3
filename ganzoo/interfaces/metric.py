"""The contract of a metric: test samples become scores.

Import `Metric` from `ganzoo.interfaces`, where the other contracts are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

Sample = dict[str, Tensor]
Interval = tuple[float, float]
Measured = Literal["realism", "faithfulness", ""]
Tick = Callable[[int, int, str], None]
"""A function that is called as work goes on: tick(done, total, what is being done)."""
NamedImage = tuple[str, Tensor]
"""An image (C, H, W), or volume (C, D, H, W), in [-1, 1], and its file's name, if it has one."""


def no_tick(done: int, total: int, doing: str) -> None:
    """Do nothing; for callers that show no progress."""


@dataclass(frozen=True)
class Evidence:
    """Pictures that show what a metric found: rows of images under headings.

    titles: one for each row.
    """

    headings: Sequence[str]
    titles: Sequence[str]
    rows: Sequence[Sequence[Tensor]]


class Metric(ABC):
    """Scores of a model on test samples. The parameters of `update` are its wires.

    First `prepare` and `see_training` are called, then `update` for one batch after the other, then
    `compute`, and last `intervals`, `sample_scores`, `findings` and `evidence`.

    No item of the data counts twice. Where x has 40 test items and y only 9, sample 9 holds y's
    first item again; so `update` stops being called at the first wire that has nothing new to show.

    needs_pairs: the wires compare images of the same scene, so the data must be paired.
    separate: the wires are sets of images whose distributions are compared, so an image needs no
        partner. Each wire is shown all of its items; `update` gets None for one that has no more.
    learns_from: the wires of which `prepare` gets real samples; each must be a variable of the
        data.
    learns_from_outputs: the wires of which `prepare` gets what the model makes of those samples;
        `update` gets None.
    shown_training: the wires of which `see_training` gets all training items; each must be a
        variable of the data.
    compares: the wires whose images should be alike.
    lower_is_better: the scores of which a smaller one is better, by the beginnings of their names.
    measures: "realism", how like real images the outputs look, whatever they show; "faithfulness",
        how well an output keeps what its input or its target shows; or "" for neither. One without
        the other says little: real images look perfect, and a copy of the input keeps everything.
    main_score: the score that stands for the metric where only one can be shown, by the beginning
        of its name; left out, the first.
    tick: `prepare` calls it to say how far it is; who shows progress sets it.
    """

    needs_pairs: ClassVar[bool] = True
    separate: ClassVar[bool] = False
    learns_from: ClassVar[tuple[str, ...]] = ()
    learns_from_outputs: ClassVar[tuple[str, ...]] = ()
    shown_training: ClassVar[tuple[str, ...]] = ()
    compares: ClassVar[tuple[str, ...]] = ("prediction", "target")
    lower_is_better: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[Measured] = ""
    main_score: ClassVar[str] = ""
    tick: Tick = staticmethod(no_tick)

    def prepare(self, examples: Sequence[Sample], tell: Callable[[str], None]) -> None:  # noqa: B027
        """Get ready for the first update, as by learning from real samples.

        It is not called when a metric is only tried on one sample, before a training starts.
        examples: training samples by wire, of one scene each; read when they are asked for;
            tensors without N, on the networks' device. None of them is held out.
        tell: prints a sentence for the person who waits.
        """

    def see_training(  # noqa: B027
        self, items: Mapping[str, Sequence[NamedImage]], tell: Callable[[str], None]
    ) -> None:
        """Look at the items that were trained on; called where `shown_training` names wires.

        It is not called when a metric is only tried on one sample, before a training starts.
        items: by wire, all training items, without random crops and flips; each is read when it is
            asked for, and is on the networks' device.
        tell: prints a sentence for the person who waits.
        """

    @abstractmethod
    def compute(self) -> dict[str, dict[str, float]]:
        """Scores by name, of the model and of the baselines it is compared with.

        The first key is the model's, as "model"; the others are the baselines', as
        "copy the input".
        """

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Low and high ends of 95 % confidence intervals over samples, with the keys of
        `compute`.

        Called after `compute`; a score without an interval is left out.
        """
        return {}

    def sample_scores(self) -> dict[str, list[float]]:
        """The model's score on each sample, in order, by name of the score.

        Called after `compute`. A sample without a score has NaN. A score that only many samples
        have together is left out.
        """
        return {}

    def findings(self) -> list[str]:
        """Sentences about what the scores show that a person must not miss; called after
        `compute`.
        """
        return []

    def evidence(self) -> Evidence | None:
        """Pictures that show the findings; called after `compute`."""
        return None

    def find_main_score(self, names: Iterable[str]) -> str:
        """The one of these scores that stands for the metric; "" if there is none."""
        return next((name for name in names if name.startswith(self.main_score)), "")

    def higher_is_better(self, score: str) -> bool:
        """Whether the larger of two values of a score is the better one."""
        return not score.startswith(self.lower_is_better)
