"""Pictures to try an output with: those that lie beside its model, or its data's test items."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ganzoo.builder.trained import reread
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.image_listing import list_images
from ganzoo.components.writers.png_writer import encode_png
from ganzoo.demo.demo_models import DemoModel, DemoOutput
from ganzoo.files.untrusted import is_plain
from ganzoo.interfaces import Data
from ganzoo.interfaces.levels import from_levels, to_shown
from ganzoo.runs.layout import RunPaths

FOLDER = "examples"
MOST = 6
PLAIN_RANGES = (None, (0, 255))


def find_examples(model: DemoModel, output: DemoOutput, local: bool) -> list[bytes]:
    """Pictures for an output, as PNG; none where none are known.

    They lie in `examples/VARIABLE` beside the model file. Without that folder they are test items
    of the data that the model was trained on; these may be a person's own files, so that they are
    shown on this machine alone, and only of a run's folder or of data that are generated.

    local: whether only this machine can visit the demo.
    """
    file = model.model.origin.file
    folder = file.parent if file else None
    if not output.image or output.read_as.range not in PLAIN_RANGES:
        return []
    try:
        if folder is not None and (folder / FOLDER / output.image).is_dir():
            return _read_folder(folder / FOLDER / output.image, folder, output)
        data = _open_data(model, folder) if local else None
        return _read_data(data, output.image) if data is not None else []
    except Exception:  # data that are gone, moved or broken: the page does without examples
        return []


def _read_folder(place: Path, within: Path, output: DemoOutput) -> list[bytes]:
    files = [file for file in list_images(place) if is_plain(file, within)]
    levels = (read_image(file, output.read_as) for file in files[:MOST])
    return [encode_png(Image.fromarray(to_shown(from_levels(each)))) for each in levels]


def _open_data(model: DemoModel, folder: Path | None) -> Data | None:
    """The data of a model's recipe; None where its files are not known to be the user's."""
    recipe = model.model.origin.recipe
    if recipe is None:
        return None
    of_run = folder is not None and RunPaths(folder).is_run()
    if "root" in recipe.data.settings and not of_run:
        return None
    data = reread(model.model).dataset
    if data is not None:
        data.prepare()
    return data


def _read_data(data: Data, variable: str) -> list[bytes]:
    count = min(MOST, data.test_counts().get(variable, 0))
    items = (data.test_item(variable, number) for number in range(count))
    return [encode_png(Image.fromarray(to_shown(item))) for item in items]
