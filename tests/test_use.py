"""Use is training's mirror: scale, chance, folders, devices; what Python may be given."""

from __future__ import annotations

import hashlib
import io
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import nn
from torch._dynamo.exc import BackendCompilerFailed
from typer.testing import CliRunner

from ganzoo import build_recipe, load_model
from ganzoo.cli import app
from ganzoo.components.data.image_files import read_image
from ganzoo.components.data.transforms import Framing, covering
from ganzoo.components.latents import NormalLatent
from ganzoo.engine import device
from ganzoo.engine.device import find_device
from ganzoo.errors import DataError, GanzooError, compiler_failure
from ganzoo.evaluation.saved_images import SavedImages
from ganzoo.expression import parse
from ganzoo.inference import read_image as reading
from ganzoo.inference import translation
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import working_size
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.inference.targets import one_to_one
from ganzoo.inference.translation import translate
from ganzoo.interfaces import Variable
from ganzoo.interfaces.levels import from_levels
from ganzoo.training.train import train

HERE = __file__  # where commands look whether a model and an input are there


class Sizes(nn.Module):
    """Notes the sizes that it sees, and gives back what it was given, or a multiple of its size."""

    def __init__(self, times=1):
        super().__init__()
        self.seen, self.times = [], times

    def forward(self, x):
        self.seen.append(tuple(x.shape[-2:]))
        return x.repeat_interleave(self.times, -1).repeat_interleave(self.times, -2)


class Doubt(nn.Module):
    """Dropout, which an output keeps on."""

    def forward(self, x):
        return torch.nn.functional.dropout(x, 0.5, self.training)


def model_of(network, wire="f(x)", mode=False, **variable):
    variables = {"x": Variable(**{"size": (64, 64), **variable})}
    return Model({"f": network}, {"out": OutputWire(parse(wire), mode)}, variables, {})


def noisy(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo(path, height=40, width=50, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy(height, width, seed)).save(path)
    return path


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def pixels(path):
    return hashlib.sha256(np.asarray(Image.open(path)).tobytes()).hexdigest()


def psnr(one, two):
    """Of images in [-1, 1], by hand."""
    return -10 * math.log10(float(((one - two) / 2).square().mean()))


@pytest.mark.case("A1")
@pytest.mark.parametrize(
    ("source", "aspect", "scale", "seen"),
    [
        ((512, 512), "keep", "trained", (64, 64)),
        ((100, 300), "keep", "trained", (64, 192)),
        ((300, 100), "squash", "trained", (64, 64)),
        ((20, 30), "keep", "trained", (64, 96)),
        ((100, 300), "keep", "native", (100, 300)),
        ((100, 300), "keep", 0.5, (50, 150)),
    ],
)
def test_a_file_is_seen_at_the_scale_of_training(tmp_path, source, aspect, scale, seen):
    network = Sizes()
    model = model_of(network, aspect=aspect)
    path = photo(tmp_path / "in.png", *source)
    list(translate(model, path, tmp_path / "out.png", scale=scale))
    assert network.seen == [seen] == [working_size(source, model.variables["x"], scale)]
    assert Image.open(tmp_path / "out.png").size == source[::-1]


@pytest.mark.case("A1")
def test_what_networks_see_is_what_they_see_for_metrics(tmp_path):
    """The pixels of the centre view of held-out samples, for a square file: not only its size."""
    path = photo(tmp_path / "in.png", 96, 96)
    view = Framing(64).centre_view(read_image(path)).of(read_image(path))
    seen = []

    class Note(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x

    list(translate(model_of(Note()), path, tmp_path / "out.png"))
    assert torch.equal(seen[-1][0], view)  # before, its cost is counted without numbers
    assert covering((96, 96), (64, 64)) == (64, 64)


@pytest.mark.case("A1")
def test_a_network_that_enlarges_still_does(tmp_path):
    """Its results are as large against a file as they are against what it sees."""
    for scale in ("trained", "native"):
        list(
            translate(
                model_of(Sizes(2)),
                photo(tmp_path / "i.png"),
                tmp_path / f"{scale}.png",
                scale=scale,
            )
        )
        assert Image.open(tmp_path / f"{scale}.png").size == (100, 80)


@pytest.mark.case("A1")
def test_written_files_are_as_good_as_evaluate_says(tmp_path, monkeypatch):
    """Trained at 16 px on 96 px files: within 0.3 dB of `evaluate`, which native scale is not."""
    from ganzoo.components.data.image_files import save_image
    from ganzoo.components.data.streets import Streets

    streets = Streets(size=96, count=4, held_out=6, flip=False, paired=True)
    streets.prepare()
    for index in range(6):
        sample = streets.test_sample(index)
        for name, folders in {"x": ("trainA", "testA"), "y": ("trainB", "testB")}.items():
            for folder in folders:
                save_image(sample[name], tmp_path / "data" / folder / f"{index}.png")
    tables = {
        "networks": {"G": {"type": "resnet", "width": 8, "blocks": 1}},
        "losses": {"l1": {"type": "l1", "prediction": "G(x)", "target": "y"}},
        "outputs": {"x2y": "G(x)"},
        "data": {"type": "paired_folders", "root": str(tmp_path / "data"), "size": 16},
        "optimizers": {"default": {"type": "adam", "lr": 5e-3}},
        "metrics": {"quality": {"type": "psnr", "prediction": "x2y", "target": "y"}},
        "train": {"length": "120 steps", "batch_size": 2, "device": "cpu"},
        "samples": {"count": 1, "every": "120 steps"},
    }
    train(build_recipe(tables), tmp_path / "run", console=Console(file=io.StringIO()))
    found = run("evaluate", tmp_path / "run", "--json")
    told = json.loads(found.stdout)["scores"]["quality"]["model"]["psnr"]
    written = {}
    for scale in ("trained", "native"):
        out = tmp_path / scale
        done = run(
            "translate", tmp_path / "run", tmp_path / "data" / "testA", out, "--scale", scale
        )
        assert done.exit_code == 0, done.output
        assert done.output.startswith("scale: ")
        assert done.output.splitlines()[1] == "output: x2y, from x"
        values = []
        for index in range(6):
            sides = [read_image(f / f"{index}.png") for f in (out, tmp_path / "data" / "testB")]
            values.append(psnr(*(Framing(16).centre_view(s).of(s) for s in sides)))
        written[scale] = np.mean(values)
    assert written["trained"] == pytest.approx(told, abs=0.3)
    assert written["native"] < told - 1


@pytest.mark.case("A12")
@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.jpg", "b.png"], ["a.png", "b.png"]),
        (["a.jpg", "a.png"], ["a.jpg.png", "a.png.png"]),
        (["a.jpg", "a.jpg.png", "a.png"], ["a.jpg.png", "a.jpg.png.png", "a.png.png"]),
        (["A.jpg", "a.png"], ["A.jpg.png", "a.png.png"]),
        (["a/x.jpg", "b/x.jpg"], ["a/x.png", "b/x.png"]),
    ],
)
def test_every_file_has_a_target_of_its_own(files, names):
    suffixes = [".png"] * len(files)
    assert one_to_one([Path(file) for file in files], suffixes) == [Path(name) for name in names]


@pytest.mark.case("A12")
def test_names_that_differ_in_capitals_alone_are_refused_before_anything_is_written(tmp_path):
    for name in ("a.JPG", "a.jpg", "b.png"):
        photo(tmp_path / "in" / name)
    if len(list((tmp_path / "in").iterdir())) == 3:  # capitals count here
        with pytest.raises(GanzooError, match="rename one of them"):
            translate(model_of(Sizes()), tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.case("A12")
def test_as_many_files_as_were_translated(tmp_path):
    for name in ("a.jpg", "a.png", "a.jpg.png"):
        photo(tmp_path / "in" / name)
    done = list(translate(model_of(Sizes()), tmp_path / "in", tmp_path / "out"))
    assert len(list((tmp_path / "out").iterdir())) == len(done) == 3


@pytest.mark.case("A14")
def test_chance_follows_what_an_image_shows(tmp_path):
    """Alone, as the 6th of a folder, in another format or given in Python: the same pixels."""
    model = model_of(Doubt(), mode=True)
    for index in range(6):
        photo(tmp_path / "in" / f"{index}.png", 64, 64, seed=index)
    list(translate(model, tmp_path / "in", tmp_path / "out"))
    Image.open(tmp_path / "in" / "5.png").save(tmp_path / "same.bmp")
    list(translate(model, tmp_path / "same.bmp", tmp_path / "alone.png"))
    assert pixels(tmp_path / "alone.png") == pixels(tmp_path / "out" / "5.png")
    made = model(x=Image.open(tmp_path / "in" / "5.png"))
    assert np.array_equal(np.asarray(made), np.asarray(Image.open(tmp_path / "alone.png")))
    list(translate(model, tmp_path / "same.bmp", tmp_path / "other.png", seed=1))
    assert pixels(tmp_path / "other.png") != pixels(tmp_path / "alone.png")


@pytest.mark.case("A15")
def test_pictures_in_pictures_out():
    model, array = model_of(Sizes()), noisy(64, 64)
    made = model(x=Image.fromarray(array))
    assert isinstance(made, Image.Image)
    assert np.array_equal(np.asarray(made), array)
    assert np.array_equal(model(x=array), array)
    assert model(x=array).dtype == np.uint8
    gray = model_of(Sizes(), channels=1)
    assert model(x=Image.new("L", (64, 64), 7)).mode == "RGB"
    assert gray(x=Image.new("L", (64, 64), 7)).mode == "L"
    assert gray(x=np.full((64, 64), 7, np.uint8)).shape == (64, 64)


@pytest.mark.case("A15")
def test_a_picture_is_read_as_its_file_is(tmp_path):
    """Turned by its EXIF, laid on white, scaled to training and back; a file may be given, too."""
    picture = Image.fromarray(np.dstack([noisy(40, 90), noisy(40, 90, 1)[..., 0]]))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "in.png", exif=exif)
    model = model_of(Sizes(), size=(32, 32))
    list(translate(model, tmp_path / "in.png", tmp_path / "out.png"))
    expected = np.asarray(Image.open(tmp_path / "out.png"))
    assert expected.shape == (90, 40, 3)
    for given in (tmp_path / "in.png", str(tmp_path / "in.png"), Image.open(tmp_path / "in.png")):
        assert np.array_equal(np.asarray(model(x=given)), expected)
    native = model(x=tmp_path / "in.png", scale="native")
    assert np.array_equal(from_levels(read_image(tmp_path / "in.png")).shape[1:], native.size[::-1])


@pytest.mark.case("A15")
def test_tensors_in_tensors_out():
    model = model_of(Sizes())
    batch = torch.rand(2, 3, 20, 30) * 2 - 1
    assert torch.equal(model(x=batch), batch)
    assert torch.equal(model(x=batch[0]), batch[0])
    levels = torch.randint(0, 256, (3, 20, 30), dtype=torch.uint8)
    assert torch.equal(model(x=levels), from_levels(levels))


@pytest.mark.case("A15")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (torch.rand(1, 3, 8, 8) * 255, r"x holds .* in \[-1, 1\]: give uint8, or x / 127\.5 - 1"),
        (torch.full((1, 3, 8, 8), math.nan), r"x holds nan"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.int64), "x is int64: images are uint8, or floating"),
        (torch.zeros(1, 8, 8, 3), r"x is \(1, 8, 8, 3\): .*channels come before height"),
        (torch.zeros(1, 1, 8, 8), r"x is \(1, 1, 8, 8\): give \(N, 3, height, width\)"),
        (torch.zeros(8, 8), r"x is \(8, 8\)"),
        (torch.zeros(0, 3, 8, 8), "x is empty: give at least one sample"),
        (np.full((8, 8, 3), 200.0), r"x: its values are 200 \.\.\. 200; scale them to 0 \.\.\. 1"),
        (np.zeros((8, 8, 2), np.uint8), "it has 2 bands"),
        ([1, 2], "x is a list: give a tensor"),
        (None, "x is a NoneType"),
    ],
)
def test_what_is_no_image_is_one_sentence(given, message):
    with pytest.raises(ValueError, match=message) as caught:
        model_of(Sizes())(x=given)
    assert "\n" not in str(caught.value)


@pytest.mark.case("A15")
def test_a_batch_that_may_be_meant_otherwise_is_warned_of():
    model = model_of(Sizes())
    with pytest.warns(UserWarning, match=r"in 0 \.\.\. 1, give x \* 2 - 1") as told:
        model(x=torch.rand(1, 3, 8, 8))
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(x=torch.rand(1, 3, 8, 8) - 0.5)


@pytest.mark.case("A15")
def test_names_and_labels_are_checked():
    class Add(nn.Module):
        def forward(self, x, c):
            return x + 0.01 * c.view(-1, 1, 1, 1)

    variables = {"x": Variable(size=(8, 8)), "c": Variable(classes=3)}
    model = Model({"f": Add()}, {"out": OutputWire(parse("f(x, c)"))}, variables, {})
    x = torch.zeros(2, 3, 8, 8)
    assert float(model(x=x, c=torch.tensor([0, 2]))[1].mean()) == pytest.approx(0.02)
    assert np.asarray(model(x=Image.new("RGB", (8, 8)), c=2)).shape == (8, 8, 3)
    for wrong, message in {
        "c is a class of 0 ... 2, not": {"x": x, "c": torch.tensor([0, 3])},
        "c is a class: give a whole number": {"x": x, "c": torch.tensor([0.0, 1.0])},
        "different numbers of samples": {"x": x, "c": 1},
        "the model knows no 'z', only x, c": {"x": x, "c": torch.tensor([0, 1]), "z": x},
        "needs c": {"x": x},
    }.items():
        with pytest.raises(ValueError, match=wrong):
            model(**message)


@pytest.mark.case("D10")
@pytest.mark.parametrize("like", ["x", "y"])
def test_a_latent_map_is_as_large_as_what_it_goes_with(tmp_path, like):
    class Noise(nn.Module):
        def forward(self, x, z):
            return (x + 0.1 * z).clamp(-1, 1)

    variables = {name: Variable(size=(16, 16)) for name in ("x", "y")}
    latent = NormalLatent(like=like, channels=1)
    model = Model(
        {"f": Noise()},
        {"out": OutputWire(parse("f(x, z)"))},
        {**variables, "z": latent.variable(variables)},
        {"z": latent},
    )
    for shape in ((16, 16), (24, 20), (7, 40)):
        assert model(x=torch.zeros(2, 3, *shape)).shape == (2, 3, *shape)
    list(translate(model, photo(tmp_path / "in.png"), tmp_path / "out.png", scale="native"))
    assert Image.open(tmp_path / "out.png").size == (50, 40)


@pytest.mark.case("A17")
def test_one_function_chooses_the_device(monkeypatch):
    """Accelerate's choice, as in training, without its state, which training makes."""
    from accelerate import PartialState

    before = dict(PartialState._shared_state)
    assert find_device() == find_device("auto") == PartialState().default_device
    PartialState._shared_state.clear()
    PartialState._shared_state.update(before)
    monkeypatch.setattr(PartialState, "default_device", property(lambda self: torch.device("xpu")))
    assert find_device() == torch.device("xpu")
    assert PartialState._shared_state == before
    assert find_device("cpu") == torch.device("cpu")
    with pytest.raises(GanzooError, match="--device gpu: torch cannot use it here"):
        find_device("gpu")


@pytest.mark.case("A17")
@pytest.mark.parametrize("command", ["translate", "evaluate", "sample", "compare"])
def test_commands_that_compute_take_a_device(command):
    words = {"translate": [HERE, HERE, "o"], "sample": [HERE, "o"], "compare": ["cyclegan"]}
    done = run(command, *words.get(command, [HERE]), "--device", "nowhere")
    assert done.exit_code == 2
    assert "--device nowhere: torch cannot use it here" in done.output
    assert device.find_device is find_device


@pytest.fixture
def folder(tmp_path):
    """Three images, a broken one and a file that is none."""
    for index in range(3):
        photo(tmp_path / "in" / f"{index}.png", 20, 20, index)
    (tmp_path / "in" / "broken.png").write_bytes(b"no image")
    (tmp_path / "in" / "notes.npz").write_bytes(b"x")
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    """Every model that a command opens is this one."""
    from ganzoo.builder import opening

    network = Sizes()
    monkeypatch.setattr(opening, "load_onto", lambda *_, **__: model_of(network))
    return network


@pytest.mark.case("C14", "A13")
def test_a_folder_goes_on_where_it_stopped(folder, opened):
    stopped = run("translate", HERE, folder / "in", folder / "out")
    assert stopped.exit_code == 2
    assert "broken.png cannot be read" in stopped.output
    assert len(list((folder / "out").iterdir())) == 3
    refused = run("translate", HERE, folder / "in", folder / "out")
    assert "already exists; nothing was written; --existing skip goes on" in refused.output
    (folder / "out" / "1.png").unlink()
    kept = (folder / "out" / "0.png").stat().st_mtime_ns
    words = ("translate", HERE, folder / "in", folder / "out", "--unreadable", "skip")
    done = run(*words, "--existing", "skip")
    assert done.exit_code == 0, done.output
    last = "1 translated, 2 there already, 1 unreadable, 1 left out: 1 .npz"
    assert last in done.output.splitlines()
    assert "skipped: " in done.output
    assert (folder / "out" / "0.png").stat().st_mtime_ns == kept
    again = run(*words, "--existing", "overwrite")
    assert "3 translated, 1 unreadable, 1 left out: 1 .npz" in again.output
    assert (folder / "out" / "0.png").stat().st_mtime_ns != kept


@pytest.mark.case("C14")
def test_ctrl_c_leaves_whole_files_and_a_sentence(folder, opened, monkeypatch):
    made = reading.compute
    count = iter(range(9))

    def stop(*given):
        if next(count) == 2:
            raise KeyboardInterrupt
        return made(*given)

    (folder / "in" / "broken.png").unlink()
    monkeypatch.setattr(reading, "compute", stop)
    done = run("translate", HERE, folder / "in", folder / "out")
    assert done.exit_code == 130
    assert (
        "Stopped: 2 translated, 1 not yet, 1 left out: 1 .npz. Go on with --existing skip."
        in done.output
    )
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["0.png", "1.png"]
    monkeypatch.setattr(reading, "compute", made)
    rest = run("translate", HERE, folder / "in", folder / "out", "--existing", "skip")
    assert "1 translated, 2 there already" in rest.output


@pytest.mark.case("C14")
def test_inputs_are_never_overwritten_nor_results_translated_again(folder, opened):
    (folder / "in" / "broken.png").unlink()
    before = pixels(folder / "in" / "0.png")
    done = run("translate", HERE, folder / "in", folder / "in", "--existing", "overwrite")
    assert done.exit_code == 2
    assert "is an input as well" in done.output
    assert pixels(folder / "in" / "0.png") == before
    for _ in range(2):
        run("translate", HERE, folder / "in", folder / "in" / "out", "--existing", "skip")
    assert not (folder / "in" / "out" / "out").exists()


@pytest.mark.case("D11")
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: 4 GB"
        ),
    ],
)
def test_memory_that_is_too_short_is_one_sentence(folder, opened, monkeypatch, error):
    def fail(*_, **__):
        raise error

    assert memory_is_short(error)
    opened.forward = fail
    done = run("translate", HERE, folder / "in" / "0.png", folder / "out.png", "--scale", "native")
    assert done.exit_code == 2
    assert "0.png: memory is too short for it; try --memory " in done.output
    assert "M, for tiles, or --scale 0.5" in done.output
    from ganzoo.inference import translation

    monkeypatch.setattr(translation, "translate", fail)
    done = run("translate", HERE, folder / "in", folder / "out")
    assert done.exit_code == 2
    assert "ganzoo: memory is too short" in done.output.splitlines()[-1]


def test_a_compiler_that_fails_is_one_sentence(folder, opened, monkeypatch):
    def fail(*_, **__):
        raise BackendCompilerFailed(fail, OSError("the C++ compiler is broken"), None)

    monkeypatch.setattr(translation, "translate", fail)
    done = run("translate", HERE, folder / "in", folder / "out")
    assert done.exit_code == 2
    said = done.output.splitlines()[-1]
    assert said.startswith(
        "ganzoo: torch cannot compile the networks (OSError: the C++ compiler is broken)"
    )
    assert not compiler_failure(RuntimeError("shapes differ"))


def test_other_faults_are_no_short_memory():
    assert not memory_is_short(RuntimeError("shapes differ"))
    assert not memory_is_short(ValueError("out of memory"))


@pytest.mark.case("C15")
def test_two_folders_of_saved_images_are_compared(tmp_path):
    """PSNR of pairs by name, by hand; folders of different names are crowds and no pairs."""
    for index in range(3):
        photo(tmp_path / "real" / f"{index}.png", 20, 24, index)
        photo(tmp_path / "fake" / f"{index}.bmp", 20, 24, index + 10)
    sides = [
        [from_levels(read_image(p)) for p in sorted((tmp_path / f).iterdir())]
        for f in ("fake", "real")
    ]
    expected = np.mean([psnr(one, two) for one, two in zip(*sides, strict=True)])
    words = ("evaluate", "--folders", tmp_path / "real", tmp_path / "fake")
    done = run(*words, "--metric", "psnr", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["scores"]["psnr"]["model"]["psnr"] == pytest.approx(expected, abs=1e-4)
    assert found["counts"] == {"real": 3, "fake": 3}
    (tmp_path / "fake" / "2.bmp").unlink()
    refused = run(*words, "--metric", "psnr")
    assert refused.exit_code == 2
    assert "files of equal names" in refused.output
    kid = run(*words, "--metric", "kid", "--set", "metrics.kid.weights=none", "--json")
    assert json.loads(kid.stdout)["counts"] == {"real": 3, "fake": 2}
    assert "name a model, or two folders" in run("evaluate").output
    with pytest.raises(DataError, match="no folder"):
        SavedImages(tmp_path / "real", tmp_path / "nowhere")


def test_outputs_in_a_folder_are_compared_with_their_inputs_in_another(tmp_path):
    """A copy of the inputs keeps their structure; outputs without an input are refused."""
    for index in range(3):
        for folder, seed in (("inputs", index), ("copy", index), ("other", index + 10)):
            photo(tmp_path / folder / f"{index}.png", 32, 32, seed)
    one = ["--metric", "structure_distance", "--set", "metrics.structure_distance.size=32", "--set"]
    one += ["metrics.structure_distance.backbone=ganzoo_tiny"]
    scores = {}
    for folder in ("copy", "other"):
        done = run("evaluate", "--folders", tmp_path / "inputs", tmp_path / folder, *one, "--json")
        assert done.exit_code == 0, done.output
        table = json.loads(done.stdout)["scores"]["structure_distance"]
        scores[folder] = table["model"]["structure_ganzoo_tiny"]
    assert scores["copy"] == pytest.approx(0, abs=1e-6)
    assert scores["other"] > 0.001
    (tmp_path / "other" / "2.png").unlink()
    refused = run("evaluate", "--folders", tmp_path / "inputs", tmp_path / "other", *one)
    assert refused.exit_code == 2
    assert "structure_distance compares pairs: files of equal names" in refused.output


def test_old_models_may_be_seen_at_their_own_scale():
    """A model file that says nothing of aspect is read as one that keeps it."""
    old = Path(__file__).parent / "data" / "runs_0_1" / "pix2pix"
    assert load_model(old).variables["x"].aspect == "keep"
