"""Recipes that are clumsy or made to harm: a fault in seconds, on one screen, never a traceback."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from types import SimpleNamespace

import psutil
import pytest
from torch import nn
from typer.testing import CliRunner

from ganzoo.builder.bounds import MOST_LAYERS, TooLarge, bounded
from ganzoo.builder.experiment import build_recipe, check_recipe
from ganzoo.cli import app
from ganzoo.errors import GanzooError, RecipeError
from ganzoo.recipe.loading import LONGEST, gather, load_recipe, read_recipe
from ganzoo.recipe.toml_text import LARGEST

FIRST = """
[networks]
G = { type = "resnet", width = 2, blocks = 1 }
D = { type = "patchgan", width = 2, layers = 1 }
[losses.adversarial]
type = "lsgan"
real = "D(y)"
fake = "D(G(x))"
[outputs]
x2y = "G(x)"
[data]
type = "streets"
size = 16
[optimizers]
default = { type = "adam", lr = 2e-4 }
[train]
length = "10 steps"
"""


@pytest.fixture
def first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.toml").write_text(FIRST)
    return tmp_path


def told(*arguments):
    with pytest.raises(GanzooError) as caught:
        check_recipe(*arguments)
    return str(caught.value)


# Where a text is wanted, the text is taken.


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    "text", ["2024", "true", "1e5", "2024-01-01", r"C:\data\photos", "[2024] photos", "0x1F", "a b"]
)
def test_where_a_text_is_wanted_the_text_is_taken(text):
    recipe = load_recipe("cyclegan_paper", [f"data.x={text}", f"summary={text}"])
    assert (recipe.data.settings["x"], recipe.summary) == (text, text)


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("train.seed=2024", 2024),
        ("data.size=64", 64),
        ("data.size=[64, 32]", [64, 32]),
        ("data.flip=true", True),
        ("optimizers.default.lr=1e-5", 1e-5),
        ("data.x='2024'", "2024"),
        ('data.x="a b"', "a b"),
    ],
)
def test_where_a_number_is_wanted_it_is_a_number(override, value):
    tables = gather("cyclegan_paper", [override]).tables
    for key in override.partition("=")[0].split("."):
        tables = tables[key]
    assert tables == value
    assert type(tables) is type(value)


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    ("override", "lines"),
    [
        (
            "train.seed=[1, 2",
            ["  train.seed  [1, 2", f"{' ' * 19}^ this is not valid TOML"],
        ),
        (
            r'data.x="C:\photos"',
            [
                r'  data.x  "C:\photos"',
                f"{' ' * 15}^ this is not valid TOML: Unescaped",
            ],
        ),
        ("networks.G={type=resnet}", ["  networks.G  {type=resnet}", f"{' ' * 20}^ this is"]),
    ],
)
def test_a_value_that_is_no_toml_is_shown_with_a_caret(override, lines):
    said = told("cyclegan_paper", [override]).splitlines()
    assert said[0] == "--set: 1 fault"
    for line, start in zip(said[1:], lines, strict=True):
        assert line.startswith(start), line


@pytest.mark.case("D2")
def test_a_file_that_is_no_toml_is_shown_with_a_caret(first):
    (first / "a.toml").write_text(FIRST.replace("size = 16", "size = = 16"))
    said = told("a.toml").splitlines()
    assert said[0] == "a.toml: this is not valid TOML: Invalid value (at line 13, column 8)"
    assert said[1:] == ["  size = = 16", "         ^"]


# Each fault under where it was written.


@pytest.mark.case("D3")
def test_all_faults_at_once_each_under_where_it_was_written(first):
    (first / "mine.toml").write_text(
        'extends = "first.toml"\n[networks]\nG = { type = "resnet", widht = 3 }\n'
        "[networks.D]\nlayers = -1\n[train]\nworkers = -2\n"
    )
    (first / "first.toml").write_text(FIRST.replace("lr = 2e-4", "lr = 2e-4, beta = 1"))
    overrides = [
        *("train.lenght=1", "losses.adversarial.fake=D(Gx(x))", "losses.adversarial.weight=nan"),
        *("data.size=[1", "networks.D.width"),
    ]
    said = told("mine.toml", overrides).splitlines()
    heads = [line for line in said if not line.startswith(" ")]
    assert heads == ["mine.toml: 3 faults", "first.toml: 1 fault", "--set: 5 faults"]
    starts = [said.index(head) for head in heads]
    ends = [*starts[1:], len(said)]
    places = ("mine.toml", "first.toml", "--set")
    parts = {p: said[a:b] for p, a, b in zip(places, starts, ends, strict=True)}
    assert [line.split()[0] for line in parts["mine.toml"][1:]] == [
        "train.workers", "networks.G.widht", "networks.D",
    ]  # fmt: skip
    assert "layers at least 1" in parts["mine.toml"][-1], (
        "a constructor's own complaint, in one round"
    )
    assert "no setting 'beta'" in parts["first.toml"][1]
    text = "\n".join(parts["--set"])
    for words in ("'lenght'", "no network 'Gx'", "finite number", "Unclosed array", "path=value"):
        assert words in text
    assert told("mine.toml", overrides[:2]) != told("mine.toml", overrides), "deterministic"


@pytest.mark.case("D3")
def test_a_table_that_is_wrong_leaves_no_others_in_doubt(first):
    """One mistake is one fault: what speaks of a table that cannot be read is not wrong too."""
    for override, path in (
        ("networks.G=3", "networks.G"),
        ("networks.G.trainable=3", "networks.G.trainable"),
        ("outputs.x2y=[3]", "outputs.x2y"),
        ("data=3", "data"),
        ("losses.adversarial=3", "losses.adversarial"),
    ):
        with pytest.raises(RecipeError) as caught:
            check_recipe("first.toml", [override, "samples.show=['x2y']"])
        assert [fault.path for fault in caught.value.faults] == [path]


@pytest.mark.case("D3")
def test_a_constructors_complaint_stands_where_its_setting_was_written(first):
    (first / "mine.toml").write_text('extends = "first.toml"\n[networks.G]\nwidth = -1\n')
    said = told("mine.toml", ["networks.G.blocks=2"])
    assert said.splitlines()[0] == "mine.toml: 1 fault"
    said = told("mine.toml", ["networks.G.width=-2"])
    assert said.splitlines()[0] == "--set: 1 fault"


# Files that are none, or too much.


@pytest.mark.case("E10")
def test_a_byte_order_mark_is_accepted(first):
    (first / "bom.toml").write_bytes(b"\xef\xbb\xbf" + FIRST.encode())
    assert load_recipe("bom.toml").networks["G"].settings["width"] == 2


@pytest.mark.case("E10")
@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "socketless link"])
def test_only_regular_files_are_read(first, kind):
    if kind == "fifo":
        os.mkfifo(first / "odd")
    elif kind == "folder":
        (first / "odd").mkdir()
    else:
        (first / "odd").symlink_to("/dev/zero" if kind == "device" else "odd")
    (first / "mine.toml").write_text('extends = "odd"')
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(told("mine.toml")), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "it waits for ever"
    assert found[0].startswith("mine.toml: 1 fault\n  extends  ")
    assert len(found[0].splitlines()) == 2
    assert "odd" in told("odd")


@pytest.mark.case("E10")
def test_a_long_chain_of_recipes_is_a_fault(first):
    for number in range(1000):
        (first / f"r{number}.toml").write_text(f'extends = "r{number + 1}.toml"')
    (first / "r1000.toml").write_text(FIRST)
    assert f"extends  more than {LONGEST} recipes extend one another" in told("r0.toml")
    assert load_recipe(f"r{1000 - LONGEST + 1}.toml").train.length.count == 10


@pytest.mark.case("E10")
def test_a_file_larger_than_any_recipe_is_refused(first):
    (first / "large.toml").write_text(FIRST + "#" * LARGEST)
    assert told("large.toml").startswith("large.toml: this has more than the 1,048,576 bytes")


@pytest.mark.case("E10")
def test_a_byte_that_is_no_utf8_in_an_override():
    for override in ("data.root=caf\udce9", "da\udcffta.root=x"):
        said = told("cyclegan_paper", [override])
        assert "this holds a byte that is no UTF-8" in said
        said.encode("utf-8")


@pytest.mark.case("E10")
def test_a_fault_is_a_screen_of_short_lines():
    said = told("cyclegan", [f"data.x={'x' * 5000}", f"train.{'y' * 5000}=1", f"{'z' * 5000}=1"])
    assert max(map(len, said.splitlines())) < 400
    many = [f"train.a{number}=1" for number in range(1000)]
    assert len(told("cyclegan", many).splitlines()) < 40


@pytest.mark.case("E7")
@pytest.mark.parametrize(
    "name", ["a\0b", "x" * 300, "x" * 5000, "..", ".", "/", "", "con", "nul\n"]
)
def test_a_name_that_no_file_can_have(first, name):
    said = told(name) if name != "con" else told("con.toml")
    assert "Traceback" not in said
    (first / "mine.toml").write_text("extends = " + repr(name).replace("\\x00", "\\u0000"))
    done = CliRunner().invoke(app, ["check", "mine.toml"])
    assert done.exit_code == 2, done.exception


@pytest.mark.case("E7")
@pytest.mark.parametrize("name", ["a\0b", "..", "a/b", "x" * 300, "con", "nul", "a\nb", "CON.txt"])
def test_a_recipes_name_that_can_be_no_folder(first, name):
    assert read_recipe("first.toml", {"name": name}).name == ""
    assert "  name  " in told("first.toml", {"name": name})


def run_with_bytes(*words, cwd):
    return subprocess.run(
        [sys.executable.encode(), b"-m", b"ganzoo", *words],
        cwd=cwd,
        capture_output=True,
        check=False,
    )


@pytest.mark.case("E10")
def test_the_command_line_takes_any_bytes(first):
    done = run_with_bytes(b"check", b"first.toml", b"--set", b"data.root=\xff", cwd=first)
    assert done.returncode == 2
    assert b"no UTF-8" in done.stderr
    assert b"Traceback" not in done.stderr


# What is too large is told before anything is built.


def losses(count):
    term = '[losses.l{}]\ntype = "l1"\nprediction = "G(x)"\ntarget = "x"\n'
    return "".join(map(term.format, range(count)))


@pytest.mark.case("E9")
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("networks.G.blocks=10000000", "networks.G  this has more than 20,000 layers"),
        ("networks.G.width=100000", "networks.G  this has more than 68,719,476,736 weights"),
        ("networks.D.layers=1000000", "networks.D  layers is 1000000: an image is halved 16 times"),
        ("data.size=1000000000", "data  a sample of x would have 3 x 1000000000 x 1000000000"),
        ("latents.z={type='normal', size=1000000000000}", "latents.z  a sample of z would have"),
        (
            "train.batch_size=1000000000",
            "train.batch_size  this should be at most 16384",
        ),
        ("train.workers=100000", "train.workers  this should be at most 1024, not 100000"),
        ("losses.adversarial.weight=inf", "losses.adversarial.weight  this should be a finite"),
        ("optimizers.default.lr=nan", "optimizers.default.lr  this should be a number, not nan"),
        (f"outputs.x2y={'G(' * 1000}x{')' * 1000}", "a wire has at most 500 characters"),
        (f"outputs.x2y={'G(' * 150}x{')' * 150}", ""),
    ],
)
def test_what_is_too_large_is_told_before_it_is_built(override, message, first):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if not message:
        check_recipe("first.toml", [override])
        return
    assert message in told("first.toml", [override])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "kilobytes"


@pytest.mark.case("E9")
def test_more_terms_than_any_paper_has(first):
    (first / "many.toml").write_text(FIRST + losses(3000))
    said = told("many.toml")
    assert "losses  this should be at most 256 of them, not " in said
    assert len(said) < 200


@pytest.mark.case("E9")
def test_weights_that_do_not_fit_into_memory_are_refused_before_they_are_made(first, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**10))
    check_recipe("first.toml")
    with pytest.raises(RecipeError, match=r"networks  their weights take .* GB, and .* GB of mem"):
        build_recipe("first.toml")


@pytest.mark.case("E9")
def test_a_component_may_be_as_large_as_the_bound():
    with bounded():
        nn.Sequential(*[nn.Identity() for _ in range(100)])
    with pytest.raises(TooLarge), bounded():
        nn.Sequential(*[nn.Identity() for _ in range(MOST_LAYERS + 1)])
    nn.Sequential(*[nn.Identity() for _ in range(MOST_LAYERS + 1)])  # the bound is gone with it
