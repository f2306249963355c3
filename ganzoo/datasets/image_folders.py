"""Writes the samples of a data set as folders of image files, for other tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ganzoo.datasets.download import Tick
from ganzoo.datasets.folder_layout import FolderLayout
from ganzoo.datasets.image_forms import FileForm, choose_form, write_image
from ganzoo.datasets.owning import disown_folder, own_folder
from ganzoo.datasets.provenance import (
    FILE,
    NOTE,
    WRITTEN,
    count_files,
    describe_content,
    read_record,
    writable,
    write_record,
)
from ganzoo.errors import GanzooError
from ganzoo.files.writing import TEMPORARY, remove, sync_everything, write_text
from ganzoo.interfaces import Data, Sample

LOOKED_AT = 4  # samples by which the format is chosen


@dataclass
class ImageFolders:
    """A data set to be written into a folder.

    facts: what the folder's record says of how it is made; an interrupted run of the same facts is
        gone on with.
    wanted: the format, "png" or "tiff"; "" chooses for each variable.
    seed: of what is random about training samples.
    """

    data: Data
    folder: Path
    layout: FolderLayout
    facts: dict[str, Any]
    wanted: str = ""
    seed: int = 0
    forms: dict[str, FileForm] = field(default_factory=dict)
    held_out: Counter[str] = field(default_factory=Counter)

    def write(self, tick: Tick) -> dict[str, Any]:
        """Write all; returns the folder's record.

        Raises:
            GanzooError: the folder cannot be written, or a sample not in that format.
        """
        self.forms = choose_forms(self.data, self.layout, self.seed, self.wanted)
        formats = {name: " ".join(form) for name, form in self.forms.items()}
        facts = {**self.facts, "seed": self.seed, "formats": formats}
        with writable(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with own_folder(self.folder):
                self._begin(facts)
                self._write_images(tick)
                return self._finish(facts)

    def _begin(self, facts: dict[str, Any]) -> None:
        """Write the record of an unfinished folder first, so that it can be gone on with."""
        record = read_record(self.folder)
        if record and {key: record.get(key) for key in facts} != facts:
            raise GanzooError(
                f"{self.folder} was begun with other settings ({FILE} in it says which): give "
                "another folder"
            )
        for path in self.folder.rglob(".ganzoo-*"):
            if TEMPORARY.fullmatch(path.name):
                remove(path)
        write_record(self.folder, WRITTEN, {**facts, "complete": False})

    def _write_images(self, tick: Tick) -> None:
        total = len(self.data) + self.data.test_count()
        for done, (sample, names, index, training) in enumerate(self._samples(), 1):
            for name in names:
                place = self.layout.place(name, index, sample, training)
                path = self.folder / f"{place}{self.forms[name].suffix}"
                if self.layout.label and not training:
                    self.held_out[path.parent.name] += 1
                write_image(path, sample[name], self.forms[name])
            tick("writing", done, total)

    def _samples(self) -> Iterator[tuple[Sample, list[str], int, bool]]:
        """All samples, each with the variables whose item is new in it, its index and its kind."""
        data, images = self.data, self.layout.images
        counts = data.train_counts()
        for index in range(len(data)):
            names = [name for name in images if index < counts[name]]
            yield read_unaugmented(data, index, self.seed), names, index, True
        counts = data.test_counts()
        for index in range(data.test_count()):
            names = [name for name in images if index < counts[name]]
            yield data.test_sample(index), names, index, False

    def _finish(self, facts: dict[str, Any]) -> dict[str, Any]:
        held_out = min((self.held_out[name] for name in self.layout.classes), default=0)
        facts["data"] = self.layout.reading(self.data, self.forms, held_out)
        facts |= describe_content(self.folder, "checking")
        write_text(self.folder / NOTE, describe_folder(self.folder, facts))
        sync_everything()
        write_record(self.folder, WRITTEN, {**facts, "complete": True})
        disown_folder(self.folder)
        return facts


def read_unaugmented(data: Data, index: int, seed: int) -> Sample:
    """A training sample without augmentation, the same for a seed."""
    return data.unaugmented_sample(index, np.random.default_rng((seed, index)))


def choose_forms(data: Data, layout: FolderLayout, seed: int, wanted: str) -> dict[str, FileForm]:
    """The form of each variable's files, by its first samples."""
    trained = [read_unaugmented(data, n, seed) for n in range(min(LOOKED_AT, len(data)))]
    tested = [data.test_sample(n) for n in range(min(LOOKED_AT, data.test_count()))]
    samples = [*trained, *tested]
    return {name: choose_form([s[name] for s in samples], wanted) for name in layout.images}


def describe_folder(folder: Path, facts: dict[str, Any]) -> str:
    """The note that lies in a folder: what it is, how it was made, and how ganzoo reads it."""
    counts = "\n".join(f"- `{name}/`: {count:,}" for name, count in count_files(folder).items())
    settings = tomli_w.dumps(plain(facts["settings"])).strip()
    table = tomli_w.dumps({"data": {**facts["data"], "root": "FOLDER"}}).strip()
    return f"""# {facts["name"]}, as files

Made by ganzoo ({facts["package"]}) with `{WRITTEN} {facts["name"]}`, seed {facts["seed"]},
and these settings:

```toml
{settings}
```

{counts}

Training images are not augmented, test images are those of every evaluation. ganzoo reads them by

```toml
{table}
```
"""


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as TOML can hold them, which has no null."""
    return {key: value for key, value in settings.items() if value is not None}
