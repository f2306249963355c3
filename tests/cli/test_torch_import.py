"""What commands import once they need torch, and what they do without."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image

# Libraries that are installed with ganzoo or its extras, and that take long to import.
SLOW = ("torchmetrics", "torchvision", "scipy", "matplotlib", "pandas", "timm", "tensorboard")
COMPILER = ("torch._dynamo", "sympy", "triton")  # torch's own; an optimizer imports it
PROBE = """
import sys
sys.argv = ["ganzoo", *sys.argv[1:]]
from ganzoo.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules)
"""


def imported(*words):
    command = [sys.executable, "-c", PROBE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def run(tmp_path_factory, request, tiny_settings):
    """A run of two steps, and the modules that were imported for it."""
    folder = tmp_path_factory.mktemp("torch_import")
    settings = {**tiny_settings, "train.length": "2 steps", "samples.count": 1}
    words = [word for path, value in flat(settings) for word in ("--set", f"{path}={value!r}")]
    recipe = request.config.rootpath / "recipes" / "cyclegan.toml"
    modules = imported("run", recipe, *words, "--out", folder / "run")
    Image.new("RGB", (16, 16)).save(folder / "x.png")
    return folder, modules


def flat(settings):
    for path, value in settings.items():
        if isinstance(value, dict):
            yield from ((f"{path}.{key}", inner) for key, inner in value.items())
        else:
            yield path, value


def test_a_run_does_without_what_takes_long(run):
    """From its first step to its evaluation; only torch's compiler comes with an optimizer."""
    assert not {*SLOW, "torch.utils.flop_counter"} & run[1]


def test_a_trained_model_needs_no_compiler(run):
    folder, _ = run
    modules = imported("translate", folder / "run", folder / "x.png", folder / "y.png")
    assert not {*SLOW, *COMPILER} & modules
    assert not {*SLOW, *COMPILER} & imported("evaluate", folder / "run")


def test_python_searches_for_unreachable_objects_again_afterwards():
    code = (
        "import gc, sys\nfrom ganzoo.cli.torch_import import import_torch\nimport_torch()\n"
        "assert 'torch' in sys.modules and gc.isenabled()\nkept = gc.get_freeze_count()\n"
        "import_torch()\nsys.exit(not 100_000 < kept == gc.get_freeze_count())"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
