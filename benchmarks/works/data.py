"""Loading all training images once: ganzoo's loader, and the reference's."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from benchmarks.reference import import_from, make_options
from benchmarks.works.cyclegan import make_recipe
from benchmarks.works.equal import wait_for_device

WARMING = 5  # epochs until the cache, where there is one, holds nearly all images
SMALL = {"blocks": 6, "width": 1, "batch": 1}  # networks, as no training goes without


class Ganzoo:
    """The batches that ganzoo's trainer plays its steps on."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from ganzoo import build_recipe
        from ganzoo.engine.device import choose_accelerator

        device = [f'train.device="{settings["device"]}"']
        photos = {
            "type": "folders",
            "root": settings["root"],
            "size": settings["crop"],
            "resize": settings["resize"],
            "aspect": "squash",
            "flip": True,
        }
        recipe = make_recipe({**SMALL, "size": settings["crop"]}, data=photos)
        experiment = build_recipe(recipe, [*device, *settings["overrides"]])
        trainer = experiment.trainer(choose_accelerator(experiment.recipe.train))
        self.batches, self.count = trainer.batches(), settings["images"]
        for _ in range(WARMING):  # the images of one domain are drawn at random
            self.turn()
        self.facts: dict[str, Any] = {}

    def turn(self) -> None:
        """Load an epoch: each image of both domains once, or about so."""
        for _ in range(self.count):
            next(self.batches)
        wait_for_device()


class Reference:
    """The reference's unaligned data set and its loader, without worker processes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        options = make_options(
            {**SMALL, "size": settings["crop"], "device": settings["device"]},
            dataroot=settings["root"],
            phase="train",
            dataset_mode="unaligned",
            load_size=settings["resize"],
            max_dataset_size=float("inf"),
            serial_batches=False,
            no_flip=False,
            num_threads=0,
        )
        self.device = options.device
        with contextlib.redirect_stdout(io.StringIO()):
            self.batches = import_from(settings["checkout"], "data").create_dataset(options)
        self.facts: dict[str, Any] = {}

    def turn(self) -> None:
        """Load an epoch; as its model does with what it is given, send it to the device."""
        for batch in self.batches:
            for domain in ("A", "B"):
                batch[domain].to(self.device)
        wait_for_device()
