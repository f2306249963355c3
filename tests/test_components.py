"""Every registered part, the core's and installed plugins': built, run, saved and documented."""

from __future__ import annotations

import copy
import inspect
import io

import numpy as np
import pytest
import torch

from ganzoo import list_components
from ganzoo.files.writing import write_with
from ganzoo.interfaces import (
    AdversarialLoss,
    Buffer,
    Data,
    Discriminator,
    DiscriminatorOutput,
    ImageForm,
    Latent,
    Penalty,
    Progress,
    Schedule,
    Variable,
)
from ganzoo.interfaces.levels import to_levels
from ganzoo.registry.signature import parameters, settings

REQUIRED = {
    ("latent", "normal"): {"size": 8},
    ("latent", "uniform"): {"size": 8},
    ("latent", "categorical"): {"classes": 3},
    ("data", "class_folders"): {"classes": 3},
    ("discriminator", "coupled"): {"size": 32},
    ("generator", "attention_resnet"): {"width": 8, "blocks": 2},
    ("generator", "vit_unet"): {
        **{"widths": [4, 8], "features": 12, "heads": 2, "blocks": 2, "hidden": 16},
        "embedding": 8,
    },
    ("loss", "perceptual"): {
        "weights": "none",
        "backbone": "tf_efficientnet_lite0",
        "layers": [1],
    },
}
NETWORKS = ("generator", "discriminator")  # a plugin's may take labels or lists: its own to test
LABELLED = {"cross_entropy"}  # losses whose target is a class label
VECTORS = {"dcgan", "coupled"}  # generators that take vectors
HEADS = {"coupled": ("x", "y")}  # networks of which only heads can be called


def parts(*kinds):
    listed = [part for part in list_components() if part.kind in kinds]
    found = [p for p in listed if kinds != NETWORKS or p.package == "ganzoo-core"]
    return pytest.mark.parametrize("part", found, ids=lambda p: f"{p.kind}-{p.name}")


def make(part):
    return part.load()(**REQUIRED.get((part.kind, part.name), {}))


@parts("generator", "discriminator", "module", "loss", "buffer", "data", "augmentation", "latent",
       "init", "penalty", "schedule", "metric", "output", "reader", "writer", "rule",
       "recogniser")  # fmt: skip
def test_it_is_documented(part):
    loaded = part.load()
    text = inspect.getdoc(loaded) or ""
    assert part.summary
    assert text
    assert loaded.__doc__, "the docstring is its own, not inherited"
    for setting in settings(loaded):
        assert setting.name in text, f"{part.name}: the docstring does not explain {setting.name}"


def run(part, network, *arguments):
    """What it gives; of one with a head for each domain, the sum of both."""
    heads = HEADS.get(part.name)
    if heads is None:
        return network(*arguments)
    return sum(getattr(network, head)(*arguments) for head in heads)


def extra(network, images):
    """What else `forward` takes: a map of noise like the images, for each further parameter."""
    required = [p for p in parameters(type(network).forward, skip=1) if p.default is p.empty]
    return [torch.rand_like(images) for _ in required[1:]]


@parts(*NETWORKS)
def test_a_network_learns_and_restores(part):
    torch.manual_seed(0)
    network = make(part)
    is_vector = part.kind == "generator" and part.name in VECTORS
    images = torch.rand(2, network.in_channels, *([] if is_vector else [64, 64])) * 2 - 1
    others = extra(network, images)
    result = run(part, network, images, *others)
    if part.kind == "generator":
        assert result.shape == (2, network.out_channels, 64, 64)
    result.square().mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    twin = make(part)
    twin.load_state_dict(copy.deepcopy(network.state_dict()))
    assert torch.equal(*(run(part, n.eval(), images, *others) for n in (network, twin)))
    assert isinstance(network, Discriminator) == (part.kind == "discriminator")


@parts(*NETWORKS)
def test_per_sample_is_true_where_it_is_said(part):
    torch.manual_seed(0)
    network = make(part).double()
    if not network.per_sample:
        pytest.skip("it says that samples see each other")
    images = torch.rand(2, network.in_channels, 32, 32, dtype=torch.float64)
    others = extra(network, images)
    rows = zip(images, *others, strict=True)
    one_by_one = torch.cat([run(part, network, *(i[None] for i in row)) for row in rows])
    torch.testing.assert_close(
        run(part, network, images, *others), one_by_one, rtol=1e-10, atol=1e-12
    )


@parts("loss")
def test_a_loss_is_a_finite_scalar_with_a_gradient(part):
    loss = make(part)
    one, two = (torch.rand(2, 3, 16, 16, requires_grad=True) for _ in range(2))
    two = torch.arange(512).reshape(2, 16, 16) % 3 if part.name in LABELLED else two
    if isinstance(loss, AdversarialLoss):
        real = two if loss.needs_real else None
        results = [loss.generator_loss(one, real), loss.discriminator_loss(two, one)]
    else:
        results = [loss(*[one, two][: len(parameters(type(loss).forward, skip=1))])]
    for result in results:
        assert result.shape == ()
        (gradient,) = torch.autograd.grad(result, one)
        assert torch.isfinite(gradient).all()


@parts("penalty")
def test_a_penalty_is_a_finite_scalar_that_moves_the_critic(part):
    torch.manual_seed(0)
    critic = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.Tanh(), torch.nn.Conv2d(4, 1, 1)
    )
    sides = [torch.rand(2, 3, 8, 8, requires_grad=True) for _ in range(2)]
    real, fake = (DiscriminatorOutput((side,), [critic(side)]) for side in sides)
    loss = make(part)(lambda *images: [critic(*images)], real, fake)
    assert isinstance(make(part), Penalty)
    assert loss.shape == ()
    assert loss.isfinite()
    (gradient,) = torch.autograd.grad(loss, critic[0].weight)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().sum() > 0


@parts("metric")
def test_a_metric_says_what_it_measures(part):
    expected = {"faithfulness": ("psnr", "ssim", "lpips", "fcn_score", "palette_score")}
    expected["realism"] = "fid", "kid", "precision_recall", "mind", "inception_score"
    metric = part.load()
    assert metric.measures in ("realism", "faithfulness", "")
    for what, names in expected.items():
        assert part.name not in names or metric.measures == what


@parts("loss", "metric", "output")
def test_settings_and_wires_are_kept_apart(part):
    loaded = part.load()
    takes = {"metric": "update", "output": "make"}.get(part.kind, "forward")
    method = getattr(loaded, takes, None)
    adversarial = issubclass(loaded, AdversarialLoss)
    wires = {"real", "fake"} if adversarial else {p.name for p in parameters(method, skip=1)}
    reserved = {"type", "weight", "player", "buffer"}
    names = {setting.name for setting in settings(loaded)}
    assert not wires & names
    assert not (wires | names) & reserved


@parts("data")
def test_data_declare_variables_without_looking(part):
    data = make(part)
    assert isinstance(data, Data)
    assert all(isinstance(variable, Variable) for variable in data.variables.values())


@parts("augmentation")
def test_an_augmentation_keeps_shapes_types_and_ranges(part):
    """Of floats and of levels, gray and RGB, alike for equal seeds."""
    augmentation = make(part)
    variables = {"x": Variable(3, (32, 32)), "y": Variable(1, (32, 32))}
    augmentation.check(variables)
    augmentation.prepare()
    images = {"x": torch.rand(3, 32, 32) * 2 - 1, "y": torch.rand(1, 32, 32) * 2 - 1}
    levels = {name: to_levels(image) for name, image in images.items()}
    for given in (images, levels):
        before = copy.deepcopy(given)
        made = []
        for seed in (*range(5), 4):
            torch.manual_seed(seed)
            made.append(augmentation.augment(given, variables))
        for name, image in given.items():
            assert torch.equal(image, before[name]), "what is given stays"
            assert torch.equal(made[4][name], made[5][name])
            assert all((m[name].shape, m[name].dtype) == (image.shape, image.dtype) for m in made)
            assert all(type(m[name]) is torch.Tensor for m in made)
            assert max(float(m[name].abs().max()) for m in made) <= (1 if given is images else 255)
        assert any(not torch.equal(m["x"], given["x"]) for m in made)


@parts("latent", "schedule", "buffer")
def test_it_has_its_interface(part):
    wanted = {"latent": Latent, "schedule": Schedule, "buffer": Buffer}[part.kind]
    made = make(part)
    assert isinstance(made, wanted)
    if isinstance(made, Schedule):
        assert made.factor(Progress(0, 10, 0, 2)) == pytest.approx(1, abs=0.2)


@parts("init")
def test_an_init_is_seeded(part):
    layers = [torch.nn.Conv2d(3, 4, 3) for _ in range(2)]
    for layer in layers:
        torch.manual_seed(5)
        make(part)(layer)
    assert torch.equal(layers[0].weight, layers[1].weight)
    assert layers[0].weight.std() > 0


@parts("optimizer")
def test_an_optimizer_moves_a_parameter(part):
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = part.load()([parameter], lr=0.1)
    parameter.sum().backward()
    optimizer.step()
    assert (parameter < 1).all()


@parts("writer")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize(("channels", "pages"), [(1, 1), (3, 1), (5, 1), (1, 3)])
def test_a_writer_writes_strips_of_any_height_alike(part, dtype, channels, pages, tmp_path):
    """Into a file or into memory, whatever it can hold; its suffixes are in lower case."""
    assert part.suffixes
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in part.suffixes)
    form = ImageForm((23, 17), channels, dtype, pages)
    if part.load()().find_obstacle(form):
        return
    values = np.random.default_rng(0).integers(0, 256, (23 * pages, 17, channels)).astype(dtype)
    contents = []
    for height in (1, 5, len(values)):
        file = io.BytesIO()
        strips = (values[top : top + height] for top in range(0, len(values), height))
        part.load()().write(file, form, strips)
        contents.append(file.getvalue())
    assert contents[0] == contents[1] == contents[2] != b""
    write_with(tmp_path / "image", lambda file: part.load()().write(file, form, iter([values])))
    assert (tmp_path / "image").read_bytes() == contents[0]
