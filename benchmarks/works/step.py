"""One training step in a process of its own: ganzoo's, and the reference's."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from torch.utils.flop_counter import FlopCounterMode

from benchmarks.reference import import_from, make_options
from benchmarks.works.cyclegan import make_recipe
from benchmarks.works.equal import (
    BF16_TOLERANCE,
    LOSSES,
    NETWORKS,
    TOLERANCE,
    draw_batches,
    draw_weights,
    wait_for_device,
)

if TYPE_CHECKING:
    from ganzoo.recipe.schema import Recipe


class Ganzoo:
    """A step of ganzoo's trainer; the first is made at once, and its losses are kept."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from ganzoo import build_recipe
        from ganzoo.engine.device import choose_accelerator
        from ganzoo.engine.step import make_draws

        device = [f'train.device="{settings["device"]}"']
        experiment = build_recipe(make_recipe(settings), [*device, *settings["overrides"]])
        draw_weights(experiment.networks)
        self.trainer = experiment.trainer(choose_accelerator(experiment.recipe.train))
        self.batches = draw_batches(settings["size"], settings["batch"])
        self.make_draws = make_draws
        flops = self.count_flops() if settings.get("count") else 0
        self.turn()
        weights = weights_of(experiment.recipe)
        losses = {
            f"{player}.{term}": float(loss) * (weights[term] if player == "generators" else 1)
            for player, terms in self.trainer.losses.items()
            for term, loss in terms.items()
        }
        rough = any("bf16" in text or "auto" in text for text in settings["overrides"])
        tolerance = BF16_TOLERANCE if rough else TOLERANCE
        self.facts = {"losses": losses, "tolerance": tolerance, "flops": flops}

    def count_flops(self) -> int:
        """Make a step, and count its floating-point operations."""
        with FlopCounterMode(display=False) as counter:
            self.turn()
        return int(counter.get_total_flops())

    def turn(self) -> None:
        """Make a step on the next batch; its way to the device counts, as in the reference."""
        device = self.trainer.accelerator.device
        batch: dict[str, Any] = {n: each.to(device) for n, each in next(self.batches).items()}
        self.trainer.train_step(self.make_draws(batch))
        wait_for_device()


class Reference:
    """A step of the reference's CycleGANModel."""

    def __init__(self, settings: dict[str, Any]) -> None:
        module = import_from(settings["checkout"], "models.cycle_gan_model")
        with contextlib.redirect_stdout(io.StringIO()):
            self.model = module.CycleGANModel(make_options(settings))
        draw_weights({name: getattr(self.model, theirs) for name, theirs in NETWORKS.items()})
        self.batches = draw_batches(settings["size"], settings["batch"])
        self.turn()
        losses = self.model.get_current_losses()
        self.facts = {"losses": {ours: losses[theirs] for ours, theirs in LOSSES.items()}}

    def turn(self) -> None:
        """Make a step on the next batch."""
        batch = next(self.batches)
        paths: list[str] = []
        self.model.set_input({"A": batch["x"], "B": batch["y"], "A_paths": paths, "B_paths": paths})
        self.model.optimize_parameters()
        wait_for_device()


def weights_of(recipe: Recipe) -> dict[str, float]:
    """The weights of a recipe's terms; none of them follows a schedule."""
    weights = {name: term.weight for name, term in recipe.losses.items()}
    return {name: weight for name, weight in weights.items() if isinstance(weight, float | int)}
