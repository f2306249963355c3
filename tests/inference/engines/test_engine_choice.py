"""What an engine cannot do is refused before torch is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ganzoo.errors import GanzooError
from ganzoo.inference.engines import openvino_core
from ganzoo.inference.engines.engine_choice import (
    ENGINES,
    check_engine,
    default_device,
    engine_of,
)
from ganzoo.registry import extras


def test_eager_and_compile_need_nothing(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    for engine in ("eager", "compile"):
        check_engine(engine, "bf16", "cuda:1")


@pytest.mark.parametrize(
    ("engine", "there", "needs"),
    [
        ("onnxruntime", {"onnx", "onnxscript"}, r"the package onnxruntime: .*ganzoo-core\[onnx\]'"),
        (
            "openvino",
            set(),
            r"the packages onnx, onnxscript, openvino: pip .*ganzoo-core\[onnx,openvino\]'",
        ),
    ],
)
def test_a_missing_package_is_named_with_the_command(monkeypatch, engine, there, needs):
    monkeypatch.setattr(extras, "find_spec", lambda name: name if name in there else None)
    with pytest.raises(GanzooError, match=f"--engine {engine} needs {needs}"):
        check_engine(engine)


def test_what_an_engine_cannot_compute_is_refused(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    check_engine("openvino", "auto", "cpu")
    check_engine("onnxruntime", "auto")
    with pytest.raises(GanzooError, match="has no bf16 on a CPU"):
        check_engine("onnxruntime", "bf16")
    with pytest.raises(GanzooError, match="--engine openvino computes on the CPU, not on cuda:1"):
        check_engine("openvino", "float32", "cuda:1")


@pytest.mark.parametrize("capabilities", [["FP32", "BF16"], ["FP32", "INT8"]])
def test_openvino_is_asked_whether_the_processor_has_bf16(monkeypatch, capabilities):
    class Core:
        def get_property(self, device, name):
            assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
            return capabilities

    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    monkeypatch.setattr(openvino_core, "openvino_core", Core)
    check_engine("openvino", "float32", "cpu")
    if "BF16" in capabilities:
        check_engine("openvino", "bf16", "cpu")
    else:
        with pytest.raises(GanzooError, match=r"no bf16 arithmetic, .* leave out --precision"):
            check_engine("openvino", "bf16", "cpu")


def test_compile_is_another_word_for_an_engine():
    assert engine_of(None, False) == "eager"
    assert engine_of(None, True) == engine_of("compile", True) == "compile"
    assert [engine_of(each, False) for each in ENGINES] == [*ENGINES]
    with pytest.raises(GanzooError, match="--compile means --engine compile, not openvino"):
        engine_of("openvino", True)


def test_engines_of_graphs_compute_on_the_cpu_unless_told_otherwise():
    assert default_device("openvino", "") == "cpu"
    assert default_device("eager", "") == ""
    assert default_device("compile", "cuda") == "cuda"


def test_translate_refuses_without_torch(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    script = (
        "import sys; from ganzoo.cli import app\n"
        "try: app(['translate', *sys.argv[1:], '--engine', 'onnxruntime', '--precision', 'bf16'],"
        " standalone_mode=False)\n"
        "except Exception as error: print(error)\n"
        "print('torch' in sys.modules)"
    )
    words = [str(tmp_path), str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    assert "has no bf16 on a CPU" in done.stderr or "onnxruntime needs" in done.stderr
    assert done.stdout.endswith("False\n")
