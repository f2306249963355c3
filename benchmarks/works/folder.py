"""Translating a folder in several ways: one image after the other, overlapped, in processes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

SUFFIXES = {"quality": 95, "subsampling": 0}  # as `ganzoo translate` writes JPEG


class Ganzoo:
    """One way of translating, once the model is loaded; `processes` load it in each turn."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from ganzoo.builder.opening import Opening

        ways = dict(text.split("=", 1) for text in settings["overrides"])
        self.scale = settings["scale"]
        self.source, self.target = Path(settings["source"]), Path(settings["target"])
        self.processes = int(ways.get("processes", "1"))
        self.opening = Opening(Path(settings["model"]))
        self.model = self.opening.open()
        self.turn = self.loop if "loop" in ways else self.translate
        self.facts: dict[str, Any] = {"folder": str(self.target)}
        if "loop" in ways:
            self.facts["network"] = self.measure_network()

    def loop(self) -> None:
        """Read, translate and write one image after the other, as a person's script does."""
        self.target.mkdir(exist_ok=True)
        for file in sorted(self.source.iterdir()):
            picture = self.model(x=file, scale=self.scale)
            picture.save(self.target / file.name, **SUFFIXES)

    def translate(self) -> None:
        """As `ganzoo translate` does."""
        from ganzoo.inference.translation import translate
        from ganzoo.launch.translating import translate_in_several

        todo = translate(
            self.model, self.source, self.target, scale=self.scale, existing="overwrite"
        )
        several = self.processes > 1
        pairs = translate_in_several(todo, self.opening, self.processes) if several else iter(todo)
        for _ in pairs:
            pass

    def measure_network(self) -> float:
        """The networks' share of the loop's time."""
        inside, started = 0.0, 0.0

        def begin(*_: Any) -> None:
            nonlocal started
            started = time.perf_counter()

        def end(*_: Any) -> None:
            nonlocal inside
            inside += time.perf_counter() - started

        self.loop()
        hooks = [
            hook
            for network in self.model.networks.values()
            for hook in (
                network.register_forward_pre_hook(begin),
                network.register_forward_hook(end),
            )
        ]
        start = time.perf_counter()
        self.loop()
        share = inside / (time.perf_counter() - start)
        for hook in hooks:
            hook.remove()
        return share
