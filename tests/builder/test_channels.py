"""Channels of networks that follow from the wires, and what contradicts."""

import pytest

from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import RecipeError

TINY = {"type": "resnet", "width": 4, "blocks": 1, "downsamplings": 1}
CRITIC = {"type": "patchgan", "width": 4, "layers": 1}


def tables(**networks):
    """CycleGAN between images x of 3 channels and y of 5."""
    cycle = {"type": "l1", "weight": 10}
    return {
        "networks": {"G": TINY, "F": TINY, "D_X": CRITIC, "D_Y": CRITIC} | networks,
        "losses": {
            "adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
            "adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
            "cycle_X": {**cycle, "prediction": "F(G(x))", "target": "x"},
            "cycle_Y": {**cycle, "prediction": "G(F(y))", "target": "y"},
        },
        "outputs": {"x2y": "G(x)", "y2x": "F(y)"},
        "data": {"type": "folders", "size": 16, "channels": {"x": 3, "y": 5}},
        "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
        "train": {"length": "2 steps"},
    }


def counts(recipe, overrides=()):
    """(in_channels, out_channels) of each network."""
    plans = check_recipe(recipe, overrides, count=False).blueprint.networks
    return {
        n: tuple(p.settings.get(f"{w}_channels") for w in ("in", "out")) for n, p in plans.items()
    }


def faults(recipe, overrides=()):
    """The path and message of each fault."""
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe, overrides, count=False)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def test_networks_take_and_give_the_channels_of_their_domains():
    expected = {"G": (3, 5), "F": (5, 3), "D_X": (3, None), "D_Y": (5, None)}
    assert counts(tables()) == expected


def test_the_filled_recipe_says_them_and_reads_back():
    filled = check_recipe(tables(), count=False).blueprint.recipe
    assert filled.networks["G"].settings["out_channels"] == 5
    assert counts(filled.to_dict()) == counts(tables())


def test_a_discriminator_takes_all_its_images():
    recipe = tables()
    recipe["losses"] = {
        "adversarial": {"type": "lsgan", "real": "D_Y(x, y)", "fake": "D_Y(x, G(x))"},
        "joint": {"type": "lsgan", "real": "D_X(F(y), y)", "fake": "D_X(x, G(x))"},
    }
    assert counts(recipe) == {"G": (3, 5), "F": (5, 3), "D_X": (8, None), "D_Y": (8, None)}


def test_a_loss_alone_says_what_is_given():
    recipe = tables() | {"networks": {"G": TINY}, "outputs": {"x2y": "G(x)"}}
    recipe["losses"] = {"plain": {"type": "l1", "prediction": "G(x)", "target": "y"}}
    assert counts(recipe)["G"] == (3, 5)


def test_modules_are_tried_where_they_do_not_say_what_they_give():
    recipe = tables(detach={"type": "detach"}, E=TINY)
    recipe["losses"]["more"] = {"type": "l1", "prediction": "E(detach(G(x)))", "target": "x"}
    assert counts(recipe)["E"] == (5, 3)


def test_heads_say_it_where_nothing_else_does():
    recipe = {
        "networks": {"G": {"type": "coupled", "size": 32, "width": 4},
                     "D": {"type": "coupled", "size": 32, "width": 4, "norm": "none"}},
        "latents": {"z": {"type": "normal", "size": 7}},
        "losses": {name: {"type": "vanilla", "real": f"D.{name}({name})",
                          "fake": f"D.{name}(G.{name}(z))"} for name in "xy"},
        "outputs": {"z2x": "G.x(z)"},
        "data": {"type": "folders", "size": 32, "channels": 4},
        "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
        "train": {"length": "2 steps"},
    }  # fmt: skip
    assert counts(recipe) == {"G": (7, 4), "D": (4, None)}


def test_a_count_that_contradicts_is_told_once_where_it_stands():
    assert faults(tables(), ["networks.G.in_channels=5"]) == [
        ("networks.G.in_channels",
         "this is 5, and x brings 3 channels to G(x): leave it out, it follows from the data")
    ]  # fmt: skip
    assert faults(tables(), ["networks.G.out_channels=3"]) == [
        ("networks.G.out_channels",
         "this is 3, and a discriminator is shown G(x) beside y, which has 5 channels: leave it "
         "out, it follows from the data")
    ]  # fmt: skip
    assert [path for path, _ in faults(tables(), ["networks.D_Y.in_channels=3"])] == [
        "networks.D_Y.in_channels"
    ]


def test_an_identity_term_needs_equal_channels():
    recipe = tables()
    recipe["losses"]["identity_Y"] = {"type": "l1", "prediction": "G(y)", "target": "y"}
    assert faults(recipe) == [
        ("losses.identity_Y.prediction",
         "y brings 5 channels, and 'G' takes 3, as x has: leave this term out, as an identity "
         "term needs domains of equal channels")
    ]  # fmt: skip
    recipe["losses"]["identity_Y"]["weight"] = 0
    assert counts(recipe)["G"] == (3, 5), "a term of weight 0 is not evaluated"


def test_an_odd_wire_of_the_samples_is_told():
    recipe = tables() | {"samples": {"show": ["x", "G(x)", "G(y)"]}}
    assert faults(recipe) == [
        ("samples.show",
         "y brings 5 channels, and 'G' takes 3, as x has: give it images of 3 channels, or leave "
         "this out")
    ]  # fmt: skip


def test_two_real_domains_in_one_discriminator_are_told():
    recipe = tables()
    recipe["losses"]["adversarial_X"] |= {"real": "D_Y(x)", "fake": "D_Y(F(y))"}
    del recipe["networks"]["D_X"]
    paths = [path for path, _ in faults(recipe)]
    assert paths == ["losses.adversarial_X.real", "losses.adversarial_X.fake"]


def test_a_plain_loss_of_other_channels_is_told():
    recipe = tables()
    recipe["losses"]["self"] = {"type": "l1", "prediction": "G(x)", "target": "x"}
    ((path, message),) = faults(recipe)
    assert path == "losses.self"
    assert "differ in shape" in message
