"""`ganzoo show`: a part or a recipe on one page."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from ganzoo import list_components
from ganzoo.cli import app
from ganzoo.cli.pages.component import show_component
from ganzoo.registry.components import Component


def run(*words):
    return CliRunner().invoke(app, ["show", *map(str, words)])


def lines(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return [re.sub(r" {2,}", "  ", line) for line in done.stdout.splitlines()]


def test_a_network():
    page = lines("resnet")
    assert page[0] == "generator resnet"
    assert page[2].startswith("  ganzoo.components.networks.resnet:ResNet  (")
    assert "resnet.py)" in page[2]
    assert (
        "Down, residual blocks, up: c7s1-64, d128, d256, R256 x 9, u128, u64, c7s1-3, tanh." in page
    )
    assert "  width  64  a whole number" in page
    assert "  upsampling  \"transposed\"  'transposed', 'resize' or 'blurred'" in page


def test_settings_without_a_default_are_required(monkeypatch, capsys):
    class MadeUp:
        """A part."""

        def __init__(self, root: str, sizes: list[int | None], to: tuple[float, ...] = ()) -> None:
            pass

    monkeypatch.setitem(sys.modules, "made_up", SimpleNamespace(MadeUp=MadeUp))
    show_component(
        Component("data", "made.up", "made_up:MadeUp", "a component", "ganzoo-made", "1")
    )
    page = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["root", "required", "a text"] in page
    assert ["sizes", "required", "a list of whole numbers"] in page
    assert ["to", "[]", "a list of numbers"] in page


def test_a_plain_loss_has_its_wires_and_notation():
    page = lines("l1")
    assert "It has no settings." in page
    assert page[page.index("wires") + 1 :] == [
        "  prediction  required",
        "  target  required",
        "",
        "  ‖{prediction} - {target}‖₁",
    ]


def test_an_adversarial_loss_says_what_each_side_minimises():
    page = lines("lsgan")
    assert '  real  required, as real = "D(y)"' in page
    assert "  discriminators minimise  The average of E[(real - 1)²] and E[fake²]." in page


def test_a_metric_has_wires():
    assert "  prediction  required" in lines("palette_score")


def test_an_optimizer_comes_from_torch_without_its_params():
    page = lines("adam")
    assert "Implements Adam algorithm." in page
    assert "  betas  [0.9, 0.999]  a list of 2 numbers" in page
    assert not [line for line in page if "params" in line]


def test_heads_are_listed(monkeypatch):
    from ganzoo.components.networks.resnet import ResNet
    from ganzoo.interfaces import head

    def features(self, x):
        """What CUT compares."""

    monkeypatch.setattr(ResNet, "features", head(features), raising=False)
    page = lines("resnet")
    assert page[page.index("heads") + 1] == "  N.features(...)  What CUT compares."


def test_a_name_of_two_kinds_shows_both_unless_told():
    assert {"latent normal", "init normal"} <= set(lines("normal"))
    assert "latent normal" not in lines("normal", "--kind", "init")


@pytest.mark.parametrize("part", list_components(), ids=lambda part: f"{part.kind}-{part.name}")
def test_every_part_can_be_shown(part):
    page = lines(part.name, "--kind", part.kind)
    assert page[0] == f"{part.kind} {part.name}"
    assert page[1] == f"  {part.package} {part.version}"


def test_a_recipe(recipes):
    page = lines(recipes / "cyclegan.toml")
    start = page.index("objective")
    assert page[start + 1 : start + 6] == [
        "  G, F against D_X, D_Y",
        "  E[(D_Y(y) - 1)²] + E[(D_Y(G(x)))²]  adversarial_Y (history of 50)",
        "  + E[(D_X(x) - 1)²] + E[(D_X(F(y)))²]  adversarial_X (history of 50)",
        "  + 30 ‖F(G(x)) - x‖₁  cycle_X",
        "  + 30 ‖G(F(y)) - y‖₁  cycle_Y",
    ]
    # c5s1-16, d32, d64, 4 blocks of 64, u32, u16, c5s1-3 without affine norms, by hand:
    down = (3 * 25 + 1) * 16 + (16 * 9 + 1) * 32 + (32 * 9 + 1) * 64
    blocks = 4 * 2 * (64 * 9 + 1) * 64
    up = (64 * 9 * 32 + 32) + (32 * 9 * 16 + 16) + (16 * 25 + 1) * 3
    network = f"  G  generator  {down + blocks + up:,} parameters  generators"
    assert f"{network}  resnet, width = 16, blocks = 4, kernel = 5" in page
    assert "  x2y  G(x)" in page
    assert "  x  3 x 64 x 64" in page
    assert "  order  generators, then discriminators" in page
    assert "  optimizer  adam, lr = 0.0004, betas = [0.5, 0.99]" in page
    assert "  length  2600 steps, batch size 1" in page


def test_a_recipe_by_name_says_the_same(recipes):
    assert lines("cyclegan")[1:] == lines(recipes / "cyclegan.toml")[1:]


def test_a_weight_that_moves_is_told(tmp_path, recipes):
    text = (recipes / "gan.toml").read_text()
    weight = '{ type = "cosine", value = 2, final = 0.1 }'
    changed = text.replace('{ type = "r1", weight = 1 }', f'{{ type = "r1", weight = {weight} }}')
    assert changed != text
    (tmp_path / "mine.toml").write_text(changed)
    [told] = [line for line in lines(tmp_path / "mine.toml") if "adversarial.r1" in line]
    assert "+ 2 ½ E‖∇D(y)‖₂²" in told
    assert "the discriminator's, its weight times cosine, final = 0.1" in told


def test_a_dropped_term_stands_apart(recipes):
    page = lines("cyclegan_forward")
    assert page[page.index("  dropped (weight 0)") + 1] == "  ‖G(F(y)) - y‖₁  cycle_Y"


def test_roles_follow_the_objective(recipes):
    page = lines("cyclegan_cycle_alone")
    assert "  min over G, F" in page
    assert "  not built, for nothing reaches them: D_X, D_Y" in page


def test_the_critic_may_play_first():
    page = lines("pix2pix")
    assert "  order  discriminators, then generators" in page
    assert "  G against D" in page
    assert "  + 100 ‖G(x) - y‖₁  reconstruction" in page


def test_a_runs_folder_is_its_recipe(tmp_path, recipes):
    (tmp_path / "recipe.toml").write_text((recipes / "cyclegan.toml").read_text(encoding="utf-8"))
    assert lines(tmp_path)[1:] == lines("cyclegan")[1:]


def test_a_name_of_a_part_and_a_recipe_shows_both(recipes, monkeypatch):
    from ganzoo.registry.discovery import installed

    known = installed().recipes
    monkeypatch.setattr(installed(), "recipes", {**known, "resnet": known["cyclegan"]})
    page = lines("resnet")
    assert "generator resnet" in page
    assert "recipe resnet" in page


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "resnt",
            "there is no component or recipe 'resnt'. Did you mean 'resnet'? See: ganzoo list",
        ),
        ("cyclegn", "there is no component or recipe 'cyclegn'. Did you mean 'cyclegan'?"),
        ("earth", "'earth' is called 'earth.maps' now"),
        ("cyclegan_earth", "'cyclegan_earth' is called 'earth.cyclegan' now"),
        ("nowhere.resnet", "'nowhere.resnet': no plugin 'nowhere' is installed; pip install the"),
        ("no.toml", "there is no file 'no.toml'"),
        (".", "this folder is no run"),
    ],
)
def test_an_unknown_name_has_a_suggestion(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_wrong_kind_says_what_it_is():
    done = run("resnet", "--kind", "loss")
    assert done.exit_code == 2
    assert "no loss is called 'resnet'; 'resnet' is a generator" in done.stderr
