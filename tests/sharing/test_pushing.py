"""Models are sent to a stand-in of the hub: what arrives, what is said before, what goes wrong."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.runs.hub_files import fetch_model
from ganzoo.runs.hub_names import parse_hub_name
from ganzoo.sharing.pushing import Hub, prepare_files
from ganzoo.sharing.shipment import gather_files

NAMES = {
    *("README.md", "card.json", "manifest.json", "model.safetensors", "recipe.toml"),
    "samples.png",
}


@pytest.fixture
def files(shared_run, tmp_path):
    return prepare_files(gather_files(shared_run, tmp_path), tmp_path)


def send(files, text="me/streets", private=False):
    hub = Hub(parse_hub_name(text))
    return hub.send(files, hub.look_up(private), "by a test")


def push(*words):
    return CliRunner().invoke(app, ["push", *map(str, words)])


def refused(match, *words):
    done = push(*words)
    assert done.exit_code == 2
    said = done.stderr.strip().splitlines()[-1]
    assert match in said
    assert "hf_test" not in done.output + done.stderr, "a token is told to nobody"
    return done


def test_what_was_sent_is_what_is_fetched(hub, files, shared_run):
    sent = send(files)
    assert sent.revision == hub.repos["me/streets"].branches["main"]
    there = hub.repos["me/streets"].commits[sent.revision]
    assert {*there} == NAMES
    assert there["model.safetensors"] == (shared_run / "model.safetensors").read_bytes()
    folder = fetch_model(parse_hub_name(f"hf:me/streets@{sent.revision}"))
    assert (folder / "card.md").read_bytes() == there["README.md"]
    manifest = json.loads(there["manifest.json"])
    for file in manifest["files"]:
        assert hashlib.sha256(there[file["name"]]).hexdigest() == file["sha256"]


def test_it_is_one_commit(hub, files):
    send(files)
    assert hub.messages == ["by a test"]
    assert hub.count()["POST /api/models/me/streets/commit/main"] == 1


def test_the_card_has_the_hubs_header(hub, shared_run):
    done = push(shared_run, "me/streets", "--licence", "cc0-1.0")
    assert done.exit_code == 0, done.output
    repo = hub.repos["me/streets"]
    card = repo.commits[repo.branches["main"]]["README.md"].decode()
    header, body = card.split("---\n")[1:3]
    assert 'license: "cc0-1.0"' in header
    assert "library_name: ganzoo" in header
    assert 'ganzoo.load_model("hf:me/streets")' in body


def test_what_is_said_before_and_after(hub, shared_run):
    done = push(shared_run, "me/streets")
    assert done.exit_code == 0, done.output
    first, *rest = done.output.splitlines()
    assert first == f"hf:me/streets at {hub.address}: public, new, as one commit to main"
    assert {line.split()[0] for line in rest[:7]} == {*NAMES, "together"}
    commit = hub.repos["me/streets"].branches["main"]
    assert f"ganzoo translate hf:me/streets@{commit} IN OUT" in rest[-1]


def test_private(hub, shared_run):
    done = push(shared_run, "me/streets", "--private")
    assert done.exit_code == 0, done.output
    assert "private, new" in done.output
    assert hub.repos["me/streets"].private
    assert "private, it exists and gets a new commit" in push(shared_run, "me/streets").output


def test_a_public_place_does_not_become_private(hub, shared_run, new_repo):
    before = len(new_repo().commits)
    refused("is public, so --private cannot be had", shared_run, "me/streets", "--private")
    assert len(hub.repos["me/streets"].commits) == before


def test_nothing_is_sent_to_a_place_that_was_not_made_private(hub, shared_run, new_repo):
    def answer(handler):
        new_repo()
        handler.send_json({"url": f"{hub.address}/me/streets"})
        return True

    hub.answers["POST", r"/api/repos/create"] = answer
    refused("the hub made it public, so nothing was sent", shared_run, "me/streets", "--private")
    assert not hub.uploads
    assert not hub.messages


def test_a_branch(hub, shared_run, new_repo):
    main = new_repo().branches["main"]
    for _ in range(2):
        assert push(shared_run, "me/streets", "--revision", "v2").exit_code == 0
    branches = hub.repos["me/streets"].branches
    assert branches["main"] == main
    assert branches["v2"] != main


def test_dry_run(hub, shared_run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    done = push(shared_run, "me/streets", "--private", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "private, new" in done.output
    assert "the hub was not asked" in done.output
    assert not hub.asked


def test_without_a_token(hub, shared_run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    refused("the hub needs a token: 'hf auth login' stores one", shared_run, "me/streets")
    assert not hub.asked


def test_offline(hub, shared_run, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused("HF_HUB_OFFLINE says not to ask", shared_run, "me/streets")
    assert not hub.asked


@pytest.mark.parametrize("name", ["streets", "me/", "../x", "me/a/b", "me/a b"])
def test_names_that_are_none(name, hub, shared_run):
    refused("write hf:OWNER/NAME", shared_run, name)
    assert not hub.asked


def test_a_missing_model_is_told_before_the_hub_is_asked(hub, tmp_path):
    refused("no such file", tmp_path / "nowhere", "me/streets")
    assert not hub.asked


def test_a_wrong_token(hub, shared_run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    refused("the hub does not take the token", shared_run, "me/streets")


def test_a_token_that_may_only_read(hub, shared_run, new_repo):
    new_repo()
    pattern = "POST", r"/api/models/me/streets/commit/main"
    hub.answers[pattern] = lambda handler: handler.refuse(403, "Forbidden") or True
    refused("the token may not write there", shared_run, "me/streets")


@pytest.mark.parametrize(
    ("status", "match"),
    [
        (500, "the hub answers 500: it fails itself"),
        (413, "the hub says that it is too large"),
        (429, "the hub was asked too often"),
        (409, "somebody else changed it meanwhile"),
        (418, "the hub answers 418"),
    ],
)
def test_failures_of_the_hub(status, match, hub, shared_run, new_repo):
    new_repo()
    pattern = "POST", r"/api/models/me/streets/commit/main"
    hub.answers[pattern] = lambda handler: handler.send_json({"error": "no"}, status) or True
    done = refused(match, shared_run, "me/streets")
    assert "nothing was committed" in done.stderr


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"files": 3}'])
def test_answers_of_another_form(content, hub, shared_run, new_repo):
    new_repo()
    pattern = "POST", r"/api/models/me/streets/preupload/main"
    hub.answers[pattern] = lambda handler: handler.send(200, content) or True
    refused("the hub does not answer as expected", shared_run, "me/streets")


def test_an_upload_that_is_refused(hub, shared_run, new_repo):
    new_repo()
    hub.answers["PUT", r"/upload/.*"] = lambda handler: handler.send(403) or True
    refused("the token may not write there", shared_run, "me/streets")
    assert not hub.messages


def test_a_hub_that_is_not_there(hub, shared_run, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    refused("http://127.0.0.1:9 cannot be reached", shared_run, "me/streets")


def test_files_that_the_hub_leaves_out_are_told(hub, shared_run, new_repo):
    """A repository's .gitignore may name the weights; the library then says nothing."""
    new_repo()
    pattern = "POST", r"/api/models/me/streets/preupload/main"

    def answer(handler):
        asked = json.loads(handler.body)["files"]
        files = [
            {"path": f["path"], "uploadMode": "regular", "shouldIgnore": f["path"] == "README.md"}
            for f in asked
        ]
        handler.send_json({"files": files})
        return True

    hub.answers[pattern] = answer
    refused("committed, but its README.md is not the one that was sent", shared_run, "me/streets")


def test_a_stop_says_that_nothing_was_committed(hub, shared_run, monkeypatch):
    def stop(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(Hub, "send", stop)
    done = push(shared_run, "me/streets")
    assert done.exit_code == 130
    assert "nothing was committed" in done.stderr


def test_nothing_else_is_asked_of_the_hub(hub, files):
    """No telemetry, no list of agents; nothing of torch in the name of the client."""
    send(files)
    assert not [path for _, path, _ in hub.asked if "telemetry" in path or "agent" in path]
    clients = {headers["User-Agent"] for method, _, headers in hub.asked if method == "POST"}
    assert all(name.startswith("ganzoo/") and "torch" not in name for name in clients)


def test_a_model_without_a_run_gets_a_plain_card(hub, shared_run, tmp_path):
    file = shutil.copy(shared_run / "model.safetensors", tmp_path)
    assert push(file, "me/streets").exit_code == 0
    there = hub.repos["me/streets"]
    files = there.commits[there.branches["main"]]
    assert {*files} == {"README.md", "manifest.json", "model.safetensors", "recipe.toml"}
    assert b"library_name: ganzoo" in files["README.md"]
