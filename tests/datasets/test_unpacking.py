"""Archives become files below a folder, or nothing: no archive reaches beyond its bounds."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile

import pytest

from ganzoo.datasets import unpacking
from ganzoo.datasets.archive_names import ArchiveError, split_name
from ganzoo.datasets.unpacking import unpack

FILES = {"set/trainA/2014-08-01 17:41:55.jpg": b"a" * 1000, "set/trainB/é.png": b"", "set/t": b"t"}


@pytest.fixture
def unpacked(tmp_path):
    """Unpacks an archive; returns the files in the folder."""

    def run(content):
        (tmp_path / "archive").write_bytes(content)
        folder = tmp_path / "deep" / "folder"
        folder.mkdir(parents=True)
        try:
            count = unpack(tmp_path / "archive", folder)
        finally:
            outside = {p.name for p in tmp_path.rglob("*")} - {"archive", "deep", "cache"}
            inside = {p.name for p in folder.rglob("*")}
            assert outside - {"folder"} == inside, "nothing is written elsewhere"
        files = {p for p in folder.rglob("*") if p.is_file()}
        assert count == len(files)
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}

    return run


def plain(*named):
    return [(name, content, tarfile.REGTYPE) for name, content in named]


def test_zip(unpacked, zipped):
    assert unpacked(zipped({**FILES, "set/": ""})) == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar(unpacked, tarred, mode):
    assert unpacked(tarred(("set", b"", tarfile.DIRTYPE), *plain(*FILES.items()), mode=mode)) == (
        FILES
    )


def test_long_names_and_large_files(unpacked, tarred):
    files = {f"{'a' * 150}/{'b' * 150}/{n}.jpg": os.urandom(n) for n in (511, 512, 513, 3_000_000)}
    assert unpacked(tarred(*plain(*files.items()))) == files


def test_permissions_are_not_taken_over(tmp_path):
    info = tarfile.TarInfo("run")
    info.mode = 0o6777
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(info)
    (tmp_path / "archive").write_bytes(made.getvalue())
    (tmp_path / "folder").mkdir()
    unpack(tmp_path / "archive", tmp_path / "folder")
    assert (tmp_path / "folder" / "run").stat().st_mode & 0o7111 == 0


def test_what_stands_aside_is_left_out(unpacked, zipped, tarred):
    aside = {"__MACOSX/._1.jpg": b"x", "set/.DS_Store": b"x" * 3_000_000, "set/Thumbs.db": b""}
    assert unpacked(zipped({**aside, "set/1.jpg": b"1"})) == {"set/1.jpg": b"1"}


def test_what_stands_aside_in_tar_is_left_out(unpacked, tarred):
    entries = plain(("set/.DS_Store", b"x" * 3_000_000), ("set/1.jpg", b"1"))
    assert unpacked(tarred(*entries)) == {"set/1.jpg": b"1"}


EVIL = {
    "/etc/passwd": "a path from the root",
    "//server/share": "a path from the root",
    "C:\\a.jpg": "a path from the root",
    "c:/a.jpg": "a path from the root",
    "../a.jpg": "leads out of the folder",
    "set/../../a.jpg": "leads out of the folder",
    "set/..": "leads out of the folder",
    "set\\..\\a.jpg": "no name for a file",
    "set/\x1b]0;title\x07.jpg": "no name for a file",
    "set/\u202egpj.exe": "no name for a file",
    "set/line\nbreak.jpg": "no name for a file",
    "a/" * 20 + "a.jpg": "too long or too deep",
    "é" * 120 + ".jpg": "too long or too deep",
}


@pytest.mark.parametrize(("name", "why"), EVIL.items(), ids=map(ascii, EVIL))
def test_evil_names_refuse_the_archive(name, why, unpacked, zipped):
    with pytest.raises(ArchiveError, match=why) as error:
        unpacked(zipped({"set/1.jpg": b"1", name: b"evil"}))
    assert str(error.value).isprintable()


@pytest.mark.parametrize(("name", "why"), EVIL.items(), ids=map(ascii, EVIL))
def test_evil_names_refuse_a_tar(name, why, unpacked, tarred):
    with pytest.raises(ArchiveError, match=why):
        unpacked(tarred(*plain(("set/1.jpg", b"1"), (name, b"evil"))))


def test_bytes_that_are_no_utf8_refuse_a_tar(unpacked, tarred):
    with pytest.raises(ArchiveError, match="no name for a file"):
        unpacked(tarred(*plain(("set/\udcff.jpg", b"1"))))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_links_and_devices_refuse_a_tar(kind, unpacked, tarred):
    linked = kind in (tarfile.SYMTYPE, tarfile.LNKTYPE)
    with pytest.raises(ArchiveError, match="'set/2' is a link, a device or a sparse file"):
        unpacked(
            tarred(*plain(("set/1.jpg", b"1")), ("set/2", "/etc/passwd" if linked else b"", kind))
        )


def test_a_link_in_a_zip_refuses_it(unpacked):
    made, info = io.BytesIO(), zipfile.ZipInfo("set/2")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ArchiveError, match="'set/2' is a link or a device"):
        unpacked(made.getvalue())


def test_an_encrypted_entry_refuses_a_zip(unpacked, zipped):
    content = bytearray(zipped({"1.jpg": b"1"}))
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + at] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        unpacked(bytes(content))


def test_a_name_twice_refuses_the_archive(unpacked, tarred):
    with pytest.raises(ArchiveError, match="is there twice"):
        unpacked(tarred(*plain(("set/1.jpg", b"1"), ("set/./1.jpg", b"2"))))


def test_a_file_and_a_folder_of_one_name(unpacked, tarred):
    with pytest.raises(ArchiveError, match="twice"):
        unpacked(tarred(*plain(("set", b"1"), ("set/1.jpg", b"2"))))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_stops_at_the_bound(kind, unpacked, zipped, tarred, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 1 << 20)
    zeros = bytes(20 << 20)
    bomb = zipped({"set/1": zeros}) if kind == "zip" else tarred(*plain(("set/1", zeros)))
    with pytest.raises(ArchiveError, match=r"more than the .* that its size allows"):
        unpacked(bomb)
    written = sum(p.stat().st_size for p in (tmp_path / "deep").rglob("*") if p.is_file())
    assert written <= (1 << 20) + 20 * len(bomb)


def test_a_bomb_in_what_is_left_out_stops_too(unpacked, tarred, monkeypatch):
    monkeypatch.setattr(unpacking, "FREE", 1 << 20)
    with pytest.raises(ArchiveError, match="that its size allows"):
        unpacked(tarred(*plain((".hidden", bytes(20 << 20)))))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_entries(kind, unpacked, zipped, tarred, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 3)
    names = [(f"{n}", b"") for n in range(4)]  # the table of a zip has room for more
    archive = zipped(dict(names)) if kind == "zip" else tarred(*plain(*names))
    with pytest.raises(ArchiveError, match="more than the 3 files"):
        unpacked(archive)


def test_a_header_that_claims_gigabytes_is_not_read(unpacked):
    """A long name of 4 GB, compressed to nearly nothing, would be read into memory at once."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4 << 30
    bomb = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(30 << 20), 1)
    with pytest.raises(ArchiveError, match="made to fill the memory"):
        unpacked(bomb)


def test_a_table_that_claims_gigabytes_is_not_read(unpacked, zipped):
    content = zipped({"1.jpg": b"1"})
    at = content.rindex(b"PK\5\6")
    large = content[: at + 12] + struct.pack("<I", 1 << 31) + content[at + 16 :]
    with pytest.raises(ArchiveError, match="more than the 300,000 files"):
        unpacked(large)


def test_a_64_bit_table_is_bounded_too(unpacked, zipped):
    content = zipped({"1.jpg": b"1"})
    at = content.rindex(b"PK\5\6")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    with pytest.raises(ArchiveError, match="more than the 300,000 files"):
        unpacked(content[:at] + record + locator + content[at:])


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_cut_archive_is_damaged(kind, place, unpacked, zipped, tarred):
    files = {f"{n}.jpg": os.urandom(4000) for n in range(4)}
    archive = zipped(files) if kind == "zip" else tarred(*plain(*files.items()))
    with pytest.raises(ArchiveError, match="damaged"):
        unpacked(archive[: int(len(archive) * place)])


def test_a_flipped_bit_in_a_zip_is_noticed(unpacked, zipped):
    content = bytearray(zipped({"1.jpg": os.urandom(4000)}))
    content[2000] ^= 1
    with pytest.raises(ArchiveError, match="damaged"):
        unpacked(bytes(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither zip nor tar"),
        (b"\n<!DOCTYPE html><title>Log in</title>", "a page of the web"),
        (b"PK\3\4", "damaged"),
        (b"PK\5\6", "damaged"),
        (gzip.compress(b"", mtime=0), "no files|damaged"),
        (gzip.compress(b"text", mtime=0), "damaged"),
        (b"\x1f\x8bno gzip at all", "damaged"),
        (b"\x89PNG", "neither zip nor tar"),
    ],
)
def test_what_is_no_archive(content, why, unpacked):
    with pytest.raises(ArchiveError, match=why):
        unpacked(content)


def test_a_disk_that_is_nearly_full_is_said(unpacked, zipped, monkeypatch):
    monkeypatch.setattr(unpacking.shutil, "disk_usage", lambda folder: Usage(500))
    with pytest.raises(ArchiveError, match="more than the 500 B that the disk has left"):
        unpacked(zipped(FILES))


class Usage:
    def __init__(self, free):
        self.free = free


def test_names_as_they_are(monkeypatch):
    assert split_name("./set//2014-08-01 17:41:55.jpg") == ("set", "2014-08-01 17:41:55.jpg")
    monkeypatch.setattr("ganzoo.datasets.archive_names.os.name", "nt")
    assert split_name("set/17:41:55.jpg") == ("set", "17_41_55.jpg")
