"""Translating a folder, files to files: ganzoo's way, and that of the reference's test.py."""

from __future__ import annotations

import contextlib
import inspect
import io
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.reference import import_from, make_options
from benchmarks.works.cyclegan import make_recipe
from benchmarks.works.equal import draw_weights


class Ganzoo:
    """`ganzoo translate`, once the model is loaded."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from ganzoo import build_recipe
        from ganzoo.inference.translation import translate

        ways = dict(text.split("=", 1) for text in settings["overrides"])
        photos = {"type": "folders", "root": "", "size": settings["size"], "aspect": "squash"}
        experiment = build_recipe(make_recipe(settings, data=photos))
        draw_weights(experiment.networks)
        model = _speed_up(experiment.model().to(settings["device"]), ways)
        source, target = Path(settings["source"]), Path(settings["target"])
        # As the reference writes; an older ganzoo writes nothing else.
        takes_format = "format_" in inspect.signature(translate).parameters
        png: dict[str, str] = {"format_": "png"} if takes_format else {}
        self.translate = partial(translate, model, source, target, existing="overwrite", **png)
        self.turn()
        self.facts = {"folder": str(target)}

    def turn(self) -> None:
        """Translate all files."""
        for _ in self.translate():
            pass


def _speed_up(model: Any, ways: dict[str, str]) -> Any:
    """The model as `ganzoo translate` uses it; `plain` as it was loaded, or of an older ganzoo."""
    if "plain" in ways or not hasattr(model, "speed_up"):
        return model
    return model.speed_up(ways.get("precision", "float32"), compiled="compile" in ways)


class Reference:
    """A loop over its single data set, its test model and its saving of pictures."""

    def __init__(self, settings: dict[str, Any]) -> None:
        checkout = settings["checkout"]
        options = make_options(
            settings,
            isTrain=False,
            model_suffix="",
            dataroot=settings["source"],
            phase="test",
            dataset_mode="single",
            max_dataset_size=float("inf"),
            serial_batches=True,
            no_flip=True,
            num_threads=0,
        )
        with contextlib.redirect_stdout(io.StringIO()):
            self.photos = import_from(checkout, "data").create_dataset(options)
            self.model = import_from(checkout, "models.test_model").TestModel(options)
        draw_weights({"G": self.model.netG})
        self.pictures = import_from(checkout, "util.util")
        self.target = Path(settings["target"])
        self.target.mkdir()
        self.left_out = {"real"} if settings.get("results_alone") else set()
        self.turn()
        self.facts: dict[str, Any] = {}

    def turn(self) -> None:
        """Translate all files."""
        for photo in self.photos:
            self.model.set_input(photo)
            self.model.test()
            name = Path(self.model.get_image_paths()[0]).stem
            for label, image in self.model.get_current_visuals().items():
                if label not in self.left_out:
                    file = self.target / f"{name}_{label}.png"
                    self.pictures.save_image(self.pictures.tensor2im(image), str(file))
