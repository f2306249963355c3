"""Models of the hub: fetched from one commit, compared with its hashes, cached; hostile answers."""

from __future__ import annotations

import json

import pytest
import torch

import ganzoo
from ganzoo.datasets.web import Patience
from ganzoo.errors import GanzooError, ModelError
from ganzoo.runs import hub_answers, hub_files
from ganzoo.runs.hub_files import fetch_model
from ganzoo.runs.hub_names import parse_hub_name

HASTY = Patience(timeout=1, tries=2, pause=0)
INFO = ("GET", r"/api/models/.*")


@pytest.fixture(autouse=True)
def takes_little_memory(bounded_memory):
    with bounded_memory():
        yield


def fetch(text="hf:me/streets", tell=lambda text: None):
    return fetch_model(parse_hub_name(text), HASTY, tell)


def refused(match, text="hf:me/streets"):
    """Refused in one line that names the model, and nothing usable is in the cache."""
    with pytest.raises(GanzooError, match=match) as error:
        fetch(text)
    said = str(error.value)
    assert "\n" not in said
    assert "hf_test" not in said, "a token is told to nobody"
    cache = hub_files.HubCache(parse_hub_name(text)).top
    assert not [path for path in cache.glob("*") if len(path.name) == 40]
    return said


def test_a_model_is_fetched_and_used(new_repo, shared_run, monkeypatch):
    new_repo(card__json=b"{}", samples__png=b"\x89PNG\r\n\x1a\n", evil__py=b"raise SystemExit")
    folder = fetch()
    names = {"model.safetensors", "recipe.toml", "card.md", "card.json", "samples.png"}
    assert {path.name for path in folder.iterdir()} == names
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    ours, theirs = ganzoo.load_model(shared_run), ganzoo.load_model(folder)
    assert torch.equal(ours("x2y", x=images), theirs("x2y", x=images))


def test_only_known_files_are_asked_for(hub, new_repo):
    new_repo(**{"train__py": b"", "pytorch_model__bin": b"", "config__json": b"{}"})
    fetch()
    asked = {path.rpartition("/")[2] for _, path, _ in hub.asked if "/resolve/" in path}
    assert asked == {"model.safetensors", "recipe.toml", "README.md"}


def test_the_commit_is_told_and_pinned(hub, new_repo):
    repo, said = new_repo(), []
    first = fetch(tell=said.append)
    commit = repo.branches["main"]
    assert first.name == commit
    assert said[0] == f"hf:me/streets: main is hf:me/streets@{commit}"
    assert "model.safetensors (" in said[1]
    resolved = [path for _, path, _ in hub.asked if "/resolve/" in path]
    assert all(f"/resolve/{commit}/" in path for path in resolved), "not by the branch, which moves"


def test_a_branch_that_moved_is_told(new_repo):
    repo, said = new_repo(), []
    before = fetch().name
    repo.commit({"README.md": b"# Newer"})
    after = fetch(tell=said.append).name
    assert after == repo.branches["main"] != before
    assert f"it was {before} when it was last opened here" in said[0]
    assert fetch(f"hf:me/streets@{before}").name == before


def test_a_cached_commit_is_not_asked_for_again(hub, new_repo):
    commit = new_repo().branches["main"]
    fetch(f"hf:me/streets@{commit}")
    asked = len(hub.asked)
    assert fetch(f"hf:me/streets@{commit}").name == commit
    assert len(hub.asked) == asked


def test_offline(hub, new_repo, monkeypatch):
    repo = new_repo()
    commit = fetch().name
    repo.commit({"README.md": b"# Newer"})
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    asked = len(hub.asked)
    assert fetch().name == commit
    assert fetch(f"hf:me/streets@{commit}").name == commit
    for text in ("hf:me/other", "hf:me/streets@v2"):
        with pytest.raises(ModelError, match="not cached here, and HF_HUB_OFFLINE"):
            fetch(text)
    assert len(hub.asked) == asked


def test_branches_and_tags(new_repo):
    repo = new_repo()
    commit = repo.commit({"README.md": b"# v2"}, branch="v2")
    repo.commit({"README.md": b"# fix"}, branch="fix/one")
    assert (fetch("hf:me/streets@v2") / "card.md").read_text() == "# v2"
    assert fetch("hf:me/streets@v2").name == commit
    assert (fetch("hf:me/streets@fix/one") / "card.md").read_text() == "# fix"


def test_a_private_model_needs_the_token(hub, new_repo, monkeypatch):
    new_repo(private=True)
    monkeypatch.delenv("HF_TOKEN")
    refused("no such model, or it needs a login")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    refused("no such model, or the token may not read it")
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    assert fetch().is_dir()


def test_a_token_is_not_sent_where_the_user_forbids_it(hub, new_repo, monkeypatch):
    new_repo()
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    fetch()
    assert not any("Authorization" in headers for _, _, headers in hub.asked)


def test_nothing_else_is_asked_of_the_hub(hub, new_repo):
    """No telemetry, no list of agents, no count of downloads."""
    new_repo()
    fetch()
    assert all(path.startswith(("/api/models/me/", "/me/", "/cdn/")) for _, path, _ in hub.asked)
    assert all("torch" not in headers["User-Agent"] for _, _, headers in hub.asked)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("hf:me/none", "no such model, or the token may not read it"),
        ("hf:me/streets@v9", "has this model, and no revision 'v9'"),
    ],
)
def test_what_is_not_there(text, match, new_repo):
    new_repo()
    assert text in refused(match, text)


@pytest.mark.parametrize(
    "text",
    [
        *("hf:", "hf:streets", "hf:me/streets/more", "hf:../x", "hf:me/..", "hf:me/a--b"),
        *("hf:me/streets@", "hf:me/streets@../x", "hf:me/streets@a b", "hf:me/x@y@z"),
        *("hf:me/streets@a//b", "hf:-me/x", "hf:me/x\n", "hf:me/x@\x1b[0m", "hf:é/x"),
    ],
)
def test_names_that_are_none(text, hub):
    with pytest.raises(ModelError, match="write hf:OWNER/NAME") as error:
        parse_hub_name(text)
    assert "\x1b" not in str(error.value)
    assert "\n" not in str(error.value)


def test_pickles_are_not_fetched(hub, new_repo):
    new_repo(model__safetensors=None, pytorch_model__bin=b"\x80", weights__pth=b"\x80")
    refused("a format that may hold code.*ganzoo import pytorch_model.bin")
    assert not any("/resolve/" in path for _, path, _ in hub.asked)


def test_a_repository_without_weights(new_repo):
    new_repo(model__safetensors=None)
    refused("holds no model.safetensors")


def test_weights_of_others(new_repo, tmp_path):
    from safetensors.torch import save

    new_repo(model__safetensors=save({"a": torch.zeros(3)}))
    refused("was not written by ganzoo and has no recipe.*ganzoo import")


def change_info(change):
    """An answer about the model in which something is not as it should be."""

    def answer(handler):
        handler.send_json(change)
        return True

    return answer


HASH = "0" * 64
FILE = {"rfilename": "model.safetensors", "size": 3, "lfs": {"sha256": HASH}}


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ([], "does not answer as a hub"),
        ({"sha": "a" * 40}, "lists no files"),
        ({"sha": "../../etc", "siblings": []}, "names no commit"),
        ({"sha": "a" * 40 + "\n", "siblings": []}, "names no commit"),
        ({"siblings": []}, "names no commit"),
        ({"sha": "a" * 40, "siblings": [3]}, "of a file no size or no hash"),
        ({"sha": "a" * 40, "siblings": [{**FILE, "size": -1}]}, "no size or no hash"),
        ({"sha": "a" * 40, "siblings": [{**FILE, "size": True, "lfs": 3}]}, "no size or no hash"),
        ({"sha": "a" * 40, "siblings": [{**FILE, "lfs": {"sha256": "x"}}]}, "no size or no hash"),
        (
            {"sha": "a" * 40, "siblings": [{**FILE, "size": 1 << 40}]},
            "'model.safetensors' has 1.1 T",
        ),
    ],
)
def test_answers_of_another_form(table, match, hub, new_repo):
    new_repo()
    hub.answers[INFO] = change_info(table)
    refused(match)


@pytest.mark.parametrize(
    "name", ["../../evil.py", "/etc/passwd", "..\\evil.py", "a/../../model.safetensors", "\x1b[0m"]
)
def test_names_that_lead_elsewhere_are_not_asked_for(name, hub, new_repo, tmp_path):
    new_repo(**{name: b"evil"})
    folder = fetch()
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors",
        "recipe.toml",
        "card.md",
    }
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_other_bytes_than_the_hub_says(hub, new_repo):
    new_repo()

    def answer(handler):
        content = hub.uploads[handler.path.rpartition("/")[2]]
        handler.send(200, bytes(len(content)))
        return True

    hub.answers["GET", r"/cdn/.*"] = answer
    refused("model.safetensors arrived damaged")
    hub.answers.clear()
    assert fetch().is_dir(), "what was wrong is not gone on with"


@pytest.mark.parametrize("claimed", ["longer", "endless"])
def test_more_bytes_than_the_hub_says(claimed, hub, new_repo, tmp_path):
    """They are refused by the length that is claimed, or once they are more."""
    new_repo()

    def answer(handler):
        handler.send_response(200)
        if claimed == "longer":
            handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(bytes(1 << 16))
        handler.close_connection = True
        return True

    hub.answers["GET", r"/cdn/.*"] = answer
    refused("a length of|more than")
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 1 << 20


def test_an_endless_answer_is_not_read_to_its_end(hub, new_repo, monkeypatch):
    new_repo()
    monkeypatch.setattr(hub_answers, "LARGEST_ANSWER", 1 << 16)

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" " * (1 << 16))
        handler.close_connection = True
        return True

    hub.answers[INFO] = answer
    with pytest.raises(GanzooError, match="answers with more than 65,536 bytes"):
        fetch()


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x"])
def test_redirects_out_of_the_web(where, hub, new_repo):
    new_repo()
    hub.answers["GET", r"/.*/resolve/.*"] = lambda handler: (
        handler.send(302, Location=where) or True
    )
    with pytest.raises(GanzooError, match="that is not followed"):
        fetch()


def test_redirects_in_a_circle(hub, new_repo):
    new_repo()
    hub.answers[INFO] = lambda handler: handler.send(302, Location=handler.path) or True
    with pytest.raises(GanzooError, match="leads on more than 5 times"):
        fetch()


@pytest.mark.parametrize(
    ("status", "match"),
    [
        (500, "answers 500 .*2 attempts in a row failed"),
        (503, "answers 503 .*2 attempts in a row failed"),
        (429, "answers 429 .*2 attempts in a row failed"),
        (403, "no such model, or the token may not read it"),
        (418, "answers 418"),
    ],
)
def test_failures_of_the_hub(status, match, hub, new_repo):
    new_repo()
    hub.answers[INFO] = lambda handler: handler.send(status) or True
    with pytest.raises(GanzooError, match=match) as error:
        fetch()
    assert "\n" not in str(error.value)


def test_a_gated_model(hub, new_repo):
    new_repo()
    hub.answers[INFO] = lambda handler: handler.refuse(403, "GatedRepo") or True
    refused("its owner gives it to those who ask: see http://.*/me/streets")


def test_a_hub_that_is_not_there(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(GanzooError, match=r"127\.0\.0\.1 cannot be reached"):
        fetch()


def test_a_transfer_that_is_cut_goes_on(hub, new_repo):
    new_repo()
    cut = []

    def answer(handler):
        if cut:
            return False
        cut.append(1)
        content = hub.uploads[handler.path.rpartition("/")[2]]
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:1000])
        handler.close_connection = True
        return True

    hub.answers["GET", r"/cdn/.*"] = answer
    assert fetch().is_dir()
    assert cut


def test_no_room_on_the_disk(hub, new_repo, monkeypatch):
    from ganzoo.datasets import download

    new_repo()
    usage = download.shutil.disk_usage("/")._replace(free=10)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda place: usage)
    with pytest.raises(GanzooError, match="the disk has 10 B left"):
        fetch()


def test_a_cache_that_cannot_be_written(hub, new_repo, monkeypatch, tmp_path):
    new_repo()
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(GanzooError, match="GANZOO_CACHE names another folder"):
        fetch()


def test_a_damaged_note_of_revisions_is_passed_over(hub, new_repo):
    new_repo()
    top = fetch().parent
    (top / "revisions.json").write_text(json.dumps({"main": "../../.."}))
    assert hub_files.HubCache(parse_hub_name("hf:me/streets")).last_commit() == ""
    (top / "revisions.json").write_text("{")
    assert fetch().is_dir()


def test_without_huggingface_hub(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    with pytest.raises(GanzooError, match="pip install 'ganzoo-core\\[hub\\]'"):
        fetch("hf:me/none-such")


def test_a_recipe_fetches_nothing(hub, new_repo, tiny):
    """Only what a person types is fetched: weights of a recipe are files."""
    new_repo()
    settings = tiny(networks__G__weights="hf:me/streets", train__length="1 steps")
    with pytest.raises(ModelError, match="no such file"):
        ganzoo.build_recipe("cyclegan", settings)
    assert not hub.asked
