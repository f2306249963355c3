"""Models as files of other programs: their values there, their metadata, and what is refused."""

import json

import numpy as np
import pytest
import torch

import ganzoo
from ganzoo.errors import GanzooError, ModelError
from ganzoo.inference.exporting import export_model as exporting
from ganzoo.inference.exporting.export_model import export_model
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.own_runtime import open_runtime
from ganzoo.inference.exporting.parity import LIMITS, compare
from ganzoo.inference.exporting.pixel_form import PixelForm
from ganzoo.interfaces.levels import to_levels

onnx = pytest.importorskip("onnx", reason="pip install 'ganzoo-core[onnx]'")
openvino = pytest.importorskip("openvino", reason="pip install 'ganzoo-core[openvino]'")
runtime = pytest.importorskip("onnxruntime", reason="pip install 'ganzoo-core[onnx]'")

SMALL = {"networks.G.width": 2, "networks.G.blocks": 1, "networks.F.width": 2}
SUFFIX = {"onnx": ".onnx", "openvino": ".xml", "torch-export": ".pt2"}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return ganzoo.build_recipe("cyclegan", {**SMALL, "networks.F.blocks": 1}).model()


@pytest.fixture(scope="module", autouse=True)
def no_conversion_twice():
    """Formats and precisions begin with the same conversions, which take seconds each."""

    def remember(function):
        results = {}

        def once(*given):
            graph = given[-1]
            key = graph.output_name, graph.pixels, graph.dtype, len([*graph.parameters()])
            if key not in results:
                results[key] = function(*given)
            return results[key]

        return once

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "trace", remember(exporting.trace))
        patch.setattr(exporting, "make_onnx", remember(exporting.make_onnx))
        yield


@pytest.fixture(scope="module")
def images():
    rng = torch.Generator().manual_seed(0)
    return [{"x": torch.rand(1, 3, 32, 32, generator=rng) * 2 - 1} for _ in range(4)]


@pytest.fixture(scope="module")
def written(model, tmp_path_factory):
    """An export of each format, and its parity."""
    folder = tmp_path_factory.mktemp("exported")
    paths = {format_: folder / f"x2y{suffix}" for format_, suffix in SUFFIX.items()}
    return {f: (path, export_model(model, path, f)) for f, path in paths.items()}


@pytest.mark.parametrize("format_", SUFFIX)
def test_a_file_computes_what_the_model_does(written, format_):
    path, parity = written[format_]
    assert path.is_file()
    assert parity.is_close
    assert parity.sizes == ("61 x 75", "17 x 17", "33 x 100", "64 x 64")
    assert 0 <= parity.difference <= 1e-5
    assert str(parity).startswith("parity at 61 x 75, 17 x 17, 33 x 100, 64 x 64 px: differs from")
    assert "(fp32: up to 0.0001), " in str(parity)
    assert 0 <= parity.mean <= parity.difference


def test_onnx_runtime_by_itself(written, model):
    """As a stranger runs it: by names, at a size and a count that no check used."""
    session = runtime.InferenceSession(written["onnx"][0])
    assert [each.shape for each in session.get_inputs()] == [["N", 3, "H", "W"]]
    assert [(each.name, each.shape) for each in session.get_outputs()] == [
        ("x2y", ["N", 3, "H", "W"])
    ]
    x = torch.rand(3, 3, 9, 40) * 2 - 1
    result = session.run(["x2y"], {"x": x.numpy()})[0]
    assert np.abs(result - model("x2y", x=x).numpy()).max() < 1e-5


def test_each_file_says_what_it_is(written, model):
    props = onnx.load(written["onnx"][0]).metadata_props
    in_onnx = {p.key.removeprefix("ganzoo."): p.value for p in props if p.key[:7] == "ganzoo."}
    info = openvino.Core().read_model(written["openvino"][0]).get_rt_info("ganzoo").value
    extra = {"ganzoo.json": ""}
    torch.export.load(written["torch-export"][0], extra_files=extra)
    assert in_onnx == {k: v.value if hasattr(v, "value") else v for k, v in info.items()}
    assert in_onnx == json.loads(extra["ganzoo.json"])
    assert in_onnx["version"] == ganzoo.__version__
    assert json.loads(in_onnx["recipe"]) == model.origin.recipe.to_dict()
    (given,) = json.loads(in_onnx["inputs"])
    assert given["name"] == "x"
    assert given["axes"] == ["N", 3, "H", "W"]
    assert given["range"] == [0, 255]
    assert given["size"] == [64, 64]
    assert json.loads(in_onnx["domain"])["name"] == "y"


def test_pixels_in_and_out(model, tmp_path):
    """Bytes (N, H, W, C) in, bytes out, as `translate` writes them, but for rounding."""
    path = tmp_path / "bytes.onnx"
    parity = export_model(model, path, pixels=PixelForm("uint8"))
    assert parity.levels <= 1
    session = runtime.InferenceSession(path)
    assert session.get_inputs()[0].type == session.get_outputs()[0].type == "tensor(uint8)"
    levels = torch.randint(0, 256, (1, 3, 20, 31), dtype=torch.uint8)
    result = session.run(None, {"x": levels.movedim(1, -1).numpy()})[0]
    expected = to_levels(model("x2y", x=levels)).movedim(1, -1).numpy()
    off = np.abs(result.astype(int) - expected)
    assert off.max() <= 1
    assert off.mean() < 0.01


@pytest.mark.parametrize(
    ("format_", "precision"),
    [
        ("onnx", "fp16"),
        ("openvino", "fp16"),
        ("torch-export", "bf16"),
        ("onnx", "int8"),
        ("openvino", "int8"),
    ],
)
def test_smaller_precisions(model, images, tmp_path, written, format_, precision):
    if (format_, precision) == ("openvino", "int8"):
        pytest.importorskip("nncf", reason="pip install 'ganzoo-core[int8]'")
    path = tmp_path / f"small{SUFFIX[format_]}"
    parity = export_model(model, path, format_, "x2y", precision, calibration=lambda: images)
    assert 1e-5 < parity.difference <= LIMITS[precision]
    assert not parity.warning
    if format_ == "onnx":
        types = {each.data_type for each in onnx.load(path).graph.initializer}
        assert {"fp16": onnx.TensorProto.FLOAT16, "int8": onnx.TensorProto.INT8}[precision] in types
    if format_ == "openvino":
        text = path.read_text()
        assert {"fp16": "f16", "int8": "i8"}[precision] in text


def test_what_a_format_has_not_is_named(model, tmp_path):
    for format_, precision in [("onnx", "bf16"), ("openvino", "bf16"), ("torch-export", "int8")]:
        with pytest.raises(GanzooError, match=rf"^{format_} has no {precision}: "):
            export_model(model, tmp_path / "a", format_, precision=precision)
    with pytest.raises(GanzooError, match=r"a file of onnx ends in .onnx; name it a.onnx"):
        export_model(model, tmp_path / "a.pt2")
    with pytest.raises(GanzooError, match="int8 needs images"):
        export_model(model, tmp_path / "a.onnx", precision="int8")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_is_not_written(model, tmp_path, monkeypatch):
    """A runtime that adds a thousandth: fp32 is refused, fp16 is not; 0.1 is warned of there."""

    def shifted(by):
        def open_(*given):
            run = open_runtime(*given)
            return lambda values: run(values) + by

        return open_

    monkeypatch.setattr(exporting, "open_runtime", shifted(1e-3))
    path = tmp_path / "wrong.pt2"
    with pytest.raises(ModelError, match="nothing was written, as the file would be wrong"):
        export_model(model, path, "torch-export")
    assert list(tmp_path.iterdir()) == []
    graph = ExportedOutput(model)
    eager = lambda values: graph(*values)  # noqa: E731
    assert not compare(model, graph, eager, "fp16").warning
    assert compare(model, graph, lambda v: eager(v) + 0.1, "fp16").warning.startswith("this file")
    assert not compare(model, graph, lambda v: eager(v) * torch.nan, "int8").is_close


def test_both_files_or_none(model, tmp_path, written, monkeypatch):
    """OpenVINO's .bin is there; or the .xml cannot be written, and no .bin stays."""
    path = tmp_path / "a.xml"
    path.with_suffix(".bin").write_bytes(b"mine")
    with pytest.raises(GanzooError, match=r"a.bin already exists; nothing was written"):
        export_model(model, path, "openvino")
    from ganzoo.inference.exporting import written_files

    below = path.with_suffix(".bin") / "nowhere" / "a.onnx"
    with pytest.raises(GanzooError, match=r"a.onnx: cannot be written"):
        written_files.write_files([below], [b""])

    def full(path, content):
        if path.suffix == ".xml":
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(written_files, "write_bytes", full)
    files = [tmp_path / "b.xml", tmp_path / "b.bin"]
    with pytest.raises(GanzooError, match=r"b.xml: cannot be written \(No space"):
        written_files.write_files(files, [b"", b""])
    assert not any(file.exists() for file in files)


def test_a_reference_has_a_function_of_its_own(model, tmp_path):
    with pytest.raises(GanzooError, match="written by export_reference"):
        export_model(model, tmp_path / "a.pth", "reference")
    assert not any(tmp_path.iterdir())


def test_a_missing_package_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(
        GanzooError, match=r"needs the package onnxscript: pip install 'ganzoo-core"
    ):
        export_model(model, tmp_path / "a.onnx")


def test_latents_and_labels_are_inputs(tmp_path):
    """The generator of cgan: vectors and classes in, no image."""
    drawn = ganzoo.build_recipe("cgan", {"networks.G.width": 2}).model()
    path = tmp_path / "drawn.onnx"
    parity = export_model(drawn, path)
    assert parity.sizes == ()
    session = runtime.InferenceSession(path)
    shapes = {each.name: each.shape for each in session.get_inputs()}
    assert shapes == {"z": ["N", 64], "c": ["N"]}
