"""A tiny trained model, and a stand-in of the hub's HTTP interface on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import ganzoo

TOKEN = "hf_test"


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory, tiny_settings):
    """A run of two steps, with samples."""
    folder = tmp_path_factory.mktemp("sharing") / "run"
    settings = {**tiny_settings, "train.length": "2 steps", "samples.count": 1, "metrics": {}}
    ganzoo.train(ganzoo.build_recipe("cyclegan", settings), folder)
    return folder


def git_hash(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Repo:
    """A repository: what its branches are, and the files of each commit."""

    def __init__(self, private=False):
        self.private, self.branches, self.commits = private, {}, {}
        self.commit({})

    def commit(self, files, branch="main", message=""):
        """Add files to a branch; returns the new commit."""
        before = self.commits.get(self.branches.get(branch, self.branches.get("main")), {})
        files = {**before, **files}
        content = repr((branch, message, len(self.commits), sorted(files))).encode()
        commit = hashlib.sha1(content).hexdigest()
        self.commits[commit], self.branches[branch] = files, commit
        return commit

    def find(self, revision):
        commit = self.branches.get(revision, revision)
        return commit if commit in self.commits else None


class Hub(ThreadingHTTPServer):
    """Answers as huggingface.co does to huggingface_hub 2: what a push and a fetch need.

    answers: own answers for a test, by method and a pattern of the path, each a function of the
        request's handler that returns whether it answered.
    asked: the requests so far. uploads: what was uploaded before a commit, by its SHA-256.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.repos, self.uploads, self.asked, self.answers = {}, {}, [], {}
        self.messages = []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def count(self):
        return Counter(f"{method} {path}" for method, path, _ in self.asked)


class Answer(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    routes = (
        ("GET", r"/api/models/([^/]+/[^/]+)", "info"),
        ("GET", r"/api/models/([^/]+/[^/]+)/revision/(.+)", "info"),
        ("POST", r"/api/repos/create", "create"),
        ("POST", r"/api/models/([^/]+/[^/]+)/branch/(.+)", "branch"),
        ("POST", r"/api/validate-yaml", "validate"),
        ("POST", r"/api/models/([^/]+/[^/]+)/preupload/(.+)", "preupload"),
        ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", "batch"),
        ("PUT", r"/upload/([0-9a-f]{64})", "upload"),
        ("POST", r"/verify", "verify"),
        ("POST", r"/api/models/([^/]+/[^/]+)/commit/(.+)", "commit"),
        ("GET", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", "resolve"),
        ("GET", r"/cdn/([0-9a-f]{64})", "cdn"),
    )

    def answer(self):
        path = urlsplit(self.path).path
        headers = {name.title(): text for name, text in self.headers.items()}
        self.server.asked.append((self.command, path, headers))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        with suppress(BrokenPipeError, ConnectionResetError):
            for (method, pattern), own in self.server.answers.items():
                if method == self.command and re.fullmatch(pattern, path) and own(self):
                    return
            for method, pattern, name in self.routes:
                match = re.fullmatch(pattern, path)
                if method == self.command and match:
                    getattr(self, name)(*map(unquote, match.groups()))
                    return
            self.send(404)

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def send(self, status, content=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def send_json(self, value, status=200, **headers):
        self.send(status, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def refuse(self, status, why, message=""):
        self.send_json({"error": message or why}, status, X_Error_Code=why, X_Error_Message=why)

    @property
    def is_known(self):
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def find(self, name, revision="main"):
        """The repository and the commit, or an answer that there is none."""
        repo = self.server.repos.get(name)
        if repo is None or (repo.private and not self.is_known):
            self.refuse(404 if self.is_known else 401, "RepoNotFound")
            return None, None
        commit = repo.find(revision)
        if commit is None:
            self.refuse(404, "RevisionNotFound")
            return None, None
        return repo, commit

    def info(self, name, revision="main"):
        repo, commit = self.find(name, revision)
        if repo is None:
            return
        files = []
        for file, content in repo.commits[commit].items():
            entry = {"rfilename": file, "size": len(content), "blobId": git_hash(content)}
            if file.endswith((".safetensors", ".png")):
                entry["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 9}
            files.append(entry)
        self.send_json({"id": name, "sha": commit, "private": repo.private, "siblings": files})

    def create(self):
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        if not self.is_known:
            self.refuse(401, "Unauthorized", "Invalid username or password.")
        elif name in self.server.repos:
            self.send_json({"error": "You already created this model repo"}, 409)
        else:
            private = asked.get("visibility") == "private" or asked.get("private") is True
            self.server.repos[name] = Repo(private)
            self.send_json({"url": f"{self.server.address}/{name}"})

    def branch(self, name, branch):
        repo, commit = self.find(name)
        if repo is not None:
            status = 409 if branch in repo.branches else 201
            repo.branches.setdefault(branch, commit)
            self.send_json({"error": "Reference already exists"} if status == 409 else {}, status)

    def validate(self):
        self.send_json({"errors": [], "warnings": []})

    def preupload(self, name, revision):
        repo, _ = self.find(name, revision)
        if repo is None:
            return
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs"
                if file["path"].endswith((".safetensors", ".png"))
                else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(self.body)["files"]
        ]
        self.send_json({"files": files})

    def batch(self, name):
        objects = []
        for each in json.loads(self.body)["objects"]:
            entry = {"oid": each["oid"], "size": each["size"]}
            if each["oid"] not in self.server.uploads:
                place = f"{self.server.address}/upload/{each['oid']}"
                check = f"{self.server.address}/verify"
                entry["actions"] = {"upload": {"href": place}, "verify": {"href": check}}
            objects.append(entry)
        self.send_json({"transfer": "basic", "objects": objects})

    def upload(self, digest):
        assert sha256(self.body) == digest
        assert "Authorization" not in self.headers, "a token is not for where files are stored"
        self.server.uploads[digest] = self.body
        self.send(200)

    def verify(self):
        asked = json.loads(self.body)
        self.send(200 if len(self.server.uploads[asked["oid"]]) == asked["size"] else 400)

    def commit(self, name, revision):
        repo, _ = self.find(name, revision)
        if repo is None:
            return
        if not self.is_known:
            self.refuse(403, "Forbidden")
            return
        lines = [json.loads(line) for line in self.body.splitlines()]
        files = {}
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            else:
                assert line["key"] == "lfsFile"
                files[value["path"]] = self.server.uploads[value["oid"]]
        self.server.messages.append(lines[0]["value"]["summary"])
        commit = repo.commit(files, revision, lines[0]["value"]["summary"])
        address = f"{self.server.address}/{name}/commit/{commit}"
        self.send_json({"success": True, "commitOid": commit, "commitUrl": address})

    def resolve(self, name, revision, file):
        repo, commit = self.find(name, revision)
        if repo is None:
            return
        content = repo.commits[commit].get(file)
        if content is None:
            self.refuse(404, "EntryNotFound")
        elif file.endswith((".safetensors", ".png")):
            self.server.uploads[sha256(content)] = content
            where = f"http://localhost:{self.server.server_port}/cdn/{sha256(content)}"
            self.send(302, Location=where, X_Repo_Commit=commit, X_Linked_Size=str(len(content)))
        else:
            self.send(200, content, ETag=f'"{git_hash(content)}"', X_Repo_Commit=commit)

    def cdn(self, digest):
        assert "Authorization" not in self.headers, "a token is for the hub alone"
        content = self.server.uploads[digest]
        self.send(200, content, ETag=f'"{digest}"')

    def log_message(self, *given):
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub where the user is logged in; huggingface_hub and ganzoo ask it and nothing else."""
    constants = pytest.importorskip("huggingface_hub.constants")
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def new_repo(hub, shared_run):
    """Puts a model on the hub, as a push does; more files, or other ones, may be named."""

    def make(name="me/streets", private=False, **more):
        repo = hub.repos[name] = Repo(private)
        files = {
            "model.safetensors": (Path(shared_run) / "model.safetensors").read_bytes(),
            "recipe.toml": (Path(shared_run) / "recipe.toml").read_bytes(),
            "README.md": b"# Streets",
        }
        files |= {name.replace("__", "."): content for name, content in more.items()}
        repo.commit({name: content for name, content in files.items() if content is not None})
        return repo

    return make
