"""A model of the hub, or a bundle, wherever a model is named."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import ganzoo
from ganzoo.builder.opening import Opening
from ganzoo.cli import app
from ganzoo.errors import ModelError
from ganzoo.runs.hub_files import find_hub_model
from ganzoo.runs.model_names import find_model
from ganzoo.sharing.bundle_writing import write_bundle
from ganzoo.sharing.shipment import gather_files


@pytest.fixture(autouse=True)
def anew():
    """A process asks for a name once; each test is as a process of its own."""
    find_hub_model.cache_clear()
    yield
    find_hub_model.cache_clear()


@pytest.fixture
def bundle(shared_run, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    write_bundle(gather_files(shared_run, tmp_path), tmp_path / "a.ganzoo")
    return tmp_path / "a.ganzoo"


@pytest.fixture
def picture(tmp_path):
    Image.new("RGB", (20, 24), (90, 60, 200)).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def same(name, shared_run):
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    ours, theirs = ganzoo.load_model(shared_run), ganzoo.load_model(name)
    return torch.equal(ours("x2y", x=images), theirs("x2y", x=images))


def test_translate_and_load_a_model_of_the_hub(hub, new_repo, shared_run, picture, tmp_path):
    commit = new_repo().branches["main"]
    done = run("translate", "hf:me/streets", picture, tmp_path / "out.png")
    assert done.exit_code == 0, done.output
    assert f"main is hf:me/streets@{commit}" in done.stderr
    assert Image.open(tmp_path / "out.png").size == (20, 24)
    assert same("hf:me/streets", shared_run)
    assert hub.count()["GET /api/models/me/streets/revision/main"] == 1, "asked once a process"


def test_other_processes_open_the_same_commit(hub, new_repo):
    commit = new_repo().branches["main"]
    assert Opening(find_model("hf:me/streets")).path.name == commit
    assert Opening("hf:me/streets").path.name == commit  # type: ignore[arg-type]


def test_what_cannot_be_had_is_one_sentence(hub, new_repo, picture, tmp_path):
    for name, match in {"hf:me/none": "no such model", "hf:": "write hf:OWNER/NAME"}.items():
        done = run("translate", name, picture, tmp_path / "out.png")
        assert done.exit_code == 2
        assert match in done.stderr.strip().splitlines()[-1]
        assert "Traceback" not in done.stderr


def test_a_folder_of_that_name_wins(hub, shared_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hf:me").mkdir()
    (tmp_path / "hf:me" / "streets").symlink_to(shared_run)
    assert same("hf:me/streets", shared_run)
    assert not hub.asked


def test_a_model_of_the_hub_goes_into_a_bundle(new_repo, tmp_path):
    new_repo()
    done = run("bundle", "hf:me/streets", "--out", tmp_path / "b.ganzoo")
    assert done.exit_code == 0, done.output
    assert "card.md" in done.output


def test_a_bundle_is_a_model(bundle, shared_run, picture, tmp_path):
    done = run("translate", bundle, picture, tmp_path / "out.png")
    assert done.exit_code == 0, done.output
    assert same(bundle, shared_run)
    unpacked = [*(tmp_path / "cache" / "bundles").iterdir()]
    assert len(unpacked) == 1, "once, however often it is opened"


def test_another_bundle_of_that_name_is_another_model(bundle, tmp_path):
    first = find_model(bundle)
    (tmp_path / "card.md").write_text("# Another")
    bundle.unlink()
    files = tmp_path / "model.safetensors"
    files.write_bytes((first / "model.safetensors").read_bytes())
    work = tmp_path / "work"
    write_bundle(gather_files(files, work), bundle)
    assert find_model(bundle) != first


def test_a_bundle_that_is_refused_is_one_sentence(bundle):
    bundle.write_bytes(bundle.read_bytes()[:-1])
    with pytest.raises(ModelError, match="this bundle is refused"):
        find_model(bundle)


def test_a_wrong_byte_is_told_with_what_to_do(bundle):
    content = bytearray(bundle.read_bytes())
    content[content.index(b"model.safetensors") + 5000] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(ModelError, match=r"'model.safetensors' is damaged: get the bundle again"):
        find_model(bundle)


def test_show_a_model_of_the_hub_and_of_a_bundle(hub, new_repo, bundle):
    new_repo()
    for name, told in {"hf:me/streets": "recipe ", bundle: " bytes"}.items():  # no card, a card
        done = run("show", name)
        assert done.exit_code == 0, done.output
        assert "G(x)" in done.stdout
        assert told in done.stdout
        assert ("recipe hf:me/streets\n" in done.stdout) == (name == "hf:me/streets")


def test_show_a_bundle_without_a_card(shared_run, tmp_path, bundle):
    weights = find_model(bundle) / "model.safetensors"
    (tmp_path / "work").mkdir()
    write_bundle(gather_files(weights, tmp_path / "work"), tmp_path / "lone.ganzoo")
    done = run("show", tmp_path / "lone.ganzoo")
    assert done.exit_code == 0, done.output
    assert "cyclegan" in done.stdout


def test_compare_says_what_to_do_with_them(bundle, hub):
    told = "came without the record of its run, so it cannot be compared; measure it with"
    for name in ("hf:me/streets", bundle, find_model(bundle)):
        done = run("compare", name)
        assert done.exit_code == 2
        assert f"{name}: this model {told} ganzoo evaluate {name}" in done.stderr
    assert not hub.asked


def test_a_bundle_is_not_written_over_another(bundle, shared_run):
    done = run("bundle", shared_run, "--out", bundle)
    assert "nothing was written. Choose another name with --out FILE" in done.stderr
