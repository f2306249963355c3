"""A fetched folder is whole and the authors', or it is not there; what arrived is gone on with."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ganzoo.datasets import fetching, provenance
from ganzoo.datasets.archive_names import ArchiveError
from ganzoo.datasets.fetching import Fetch
from ganzoo.datasets.owning import own_folder
from ganzoo.datasets.provenance import describe_changes, read_record
from ganzoo.datasets.public_sets import UNPAIRED, PublicSet
from ganzoo.errors import GanzooError

FILES = {
    f"horses/{place}/{n}.jpg": f"{place}{n}".encode()
    for place in ("trainA", "trainB")
    for n in (1, 2)
}
SET = PublicSet("horses", UNPAIRED, "horses.zip", "2 horses")


@pytest.fixture
def archive(zipped):
    return zipped(FILES)


@pytest.fixture
def fetch(server, archive, hasty, tmp_path):
    """A fetch of a good archive from a good server, into a folder that is not there."""
    address = server.serve("/horses.zip", archive)
    return Fetch(SET, tmp_path / "horses", address, patience=hasty)


def content(folder):
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != provenance.FILE)
    return {f"horses/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in files}


def test_it_is_the_archives_top_folder_with_a_record(fetch, archive):
    fetch.run()
    assert content(fetch.folder) == FILES
    record = read_record(fetch.folder)
    assert record["archive_sha256"] == hashlib.sha256(archive).hexdigest()
    assert (record["command"], record["name"], record["files"]) == (
        "ganzoo data fetch",
        "horses",
        4,
    )
    assert record["address"] == fetch.address
    assert not fetch.folder.with_name("horses.part").exists()


def test_files_without_a_top_folder(fetch, server, zipped):
    server.serve("/horses.zip", zipped({"1.jpg": b"1", "trainA/2.jpg": b"2"}))
    fetch.run()
    assert content(fetch.folder) == {"horses/1.jpg": b"1", "horses/trainA/2.jpg": b"2"}


def test_an_archive_on_the_disk(fetch, archive, tmp_path, server):
    (tmp_path / "mine.zip").write_bytes(archive)
    replace(fetch, source=str(tmp_path / "mine.zip")).run()
    assert content(fetch.folder) == FILES
    assert (tmp_path / "mine.zip").read_bytes() == archive
    assert server.asked == []


@pytest.mark.parametrize("source", ["file:///etc/passwd", "ftp://a/b.zip", "missing.zip"])
def test_no_other_source(fetch, source):
    with pytest.raises(GanzooError, match=r"only http:// and https://|missing.zip: No such file"):
        replace(fetch, source=source).run()
    assert not fetch.folder.exists()


def test_a_folder_of_the_users_is_left_alone(fetch, server):
    fetch.folder.mkdir()
    (fetch.folder / "mine.txt").write_text("mine")
    for again in (False, True):
        with pytest.raises(GanzooError, match="is there already: give another folder"):
            replace(fetch, again=again).run()
    assert [p.name for p in fetch.folder.iterdir()] == ["mine.txt"]
    assert server.asked == []


def test_the_working_folder_is_not_replaced(fetch, tmp_path, monkeypatch):
    fetch.folder.mkdir()
    monkeypatch.chdir(fetch.folder)
    for folder in (Path(), Path(".."), fetch.folder):
        with pytest.raises(GanzooError, match="give a folder that is to be made"):
            replace(fetch, folder=folder).run()


def test_again_does_not_replace_another_set(fetch):
    fetch.run()
    other = replace(fetch, wanted=replace(SET, name="cows"), again=True)
    with pytest.raises(GanzooError, match="is there already: give another folder"):
        other.run()
    assert content(fetch.folder) == FILES


def test_an_empty_folder_is_taken(fetch):
    fetch.folder.mkdir()
    fetch.run()
    assert content(fetch.folder) == FILES


def test_again_replaces_only_what_was_fetched(fetch):
    fetch.run()
    (fetch.folder / "trainA" / "1.jpg").unlink()
    with pytest.raises(GanzooError, match="--again fetches it anew"):
        fetch.run()
    replace(fetch, again=True).run()
    assert content(fetch.folder) == FILES


def test_a_change_of_the_folder_is_noticed(fetch):
    fetch.run()
    assert describe_changes(fetch.folder, fetch.tick) == ""
    (fetch.folder / "trainA" / "1.jpg").write_bytes(b"trainA9")
    assert describe_changes(fetch.folder, fetch.tick) == "some files have changed"
    (fetch.folder / "trainA" / "1.jpg").unlink()
    assert describe_changes(fetch.folder, fetch.tick) == "3 files, not 4"


def test_another_archive_than_before_is_refused_unless_asked_for(fetch, server, zipped, tmp_path):
    fetch.run()
    server.serve("/horses.zip", zipped({"horses/9.jpg": b"9"}), '"2"')
    other = replace(fetch, folder=tmp_path / "other")
    for once in (replace(fetch, again=True), other):
        with pytest.raises(GanzooError, match=r"is not the archive that .*--changed accepts it"):
            once.run()
    assert content(fetch.folder) == FILES, "what is there is kept"
    assert not other.folder.exists()
    requests, said = len(server.asked), []
    replace(other, changed=True, tell=said.append).run()
    assert len(server.asked) == requests, "what arrived is not fetched again"
    assert content(other.folder) == {"horses/9.jpg": b"9"}
    assert "you fetched before" in said[0]


def test_a_known_checksum_is_verified_at_the_first_fetch(fetch, archive, server):
    with pytest.raises(GanzooError, match="that TensorFlow Datasets recorded"):
        replace(fetch, wanted=replace(SET, sha256="0" * 64)).run()
    assert not fetch.folder.exists()
    right = hashlib.sha256(archive).hexdigest()
    replace(fetch, wanted=replace(SET, sha256=right)).run()
    assert len(server.asked) == 2, "the refused one is not taken for the other"


@pytest.mark.parametrize("name", ["/tmp/evil", "../evil", "horses/../../evil", "a\\b"])
def test_an_evil_archive_leaves_nothing(fetch, server, zipped, name, tmp_path):
    server.serve("/horses.zip", zipped({**FILES, name: b"evil"}))
    with pytest.raises(GanzooError) as error:
        fetch.run()
    assert isinstance(error.value.__cause__, ArchiveError)
    assert not fetch.folder.exists()
    left = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set()
    assert not fetch.folder.with_name("horses.part").exists()


def test_what_is_no_archive_is_fetched_anew_the_next_time(fetch, server, archive):
    server.serve("/horses.zip", b"<html>Log in, please</html>")
    with pytest.raises(
        GanzooError, match="a page of the web, perhaps of a server that wants a login"
    ):
        fetch.run()
    server.serve("/horses.zip", archive)
    fetch.run()
    assert content(fetch.folder) == FILES


def test_ctrl_c_keeps_what_arrived(fetch, server, archive):
    def stop(doing, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(fetch, tick=stop).run()
    assert not fetch.folder.exists()
    fetch.run()
    assert content(fetch.folder) == FILES
    assert server.asked[1:] == [], "it had arrived"


def test_what_arrived_from_another_address_is_not_taken(fetch, server, zipped):
    def stop(doing, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(fetch, tick=stop).run()
    other = server.serve("/other.zip", zipped({"horses/9.jpg": b"9"}))
    replace(fetch, source=other).run()
    assert content(fetch.folder) == {"horses/9.jpg": b"9"}


def test_ctrl_c_while_it_is_unpacked(fetch, server):
    def stop(doing, done, total):
        if doing == "unpacking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(fetch, tick=stop).run()
    assert not fetch.folder.exists()
    fetch.run()
    assert content(fetch.folder) == FILES
    assert len(server.asked) == 1


def test_two_at_once(fetch):
    pytest.importorskip("fcntl")
    work = fetch.folder.with_name("horses.part")
    work.mkdir()
    with own_folder(work), pytest.raises(GanzooError, match="another process is filling it"):
        fetch.run()
    fetch.run()
    assert content(fetch.folder) == FILES


@pytest.mark.parametrize("link", [True, False])
def test_what_is_in_the_way_is_left_alone(fetch, tmp_path, link):
    work, elsewhere = fetch.folder.with_name("horses.part"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")
    if link:
        work.symlink_to(elsewhere)
    else:
        elsewhere.rename(work)
    with pytest.raises(GanzooError, match="is in the way: move it"):
        fetch.run()
    assert (work / "mine.txt").read_text() == "mine"


def test_a_full_disk_is_one_sentence(fetch, monkeypatch):
    def full(archive, folder, tick):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "unpack", full)
    with pytest.raises(GanzooError, match="horses: the disk is full"):
        fetch.run()
    assert not fetch.folder.exists()
    assert list(fetch.folder.with_name("horses.part").glob("archive-*"))


def test_a_folder_that_cannot_be_written(fetch, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GanzooError, match=r"file.*(Not a directory|File exists)"):
        replace(fetch, folder=tmp_path / "file" / "horses").run()
