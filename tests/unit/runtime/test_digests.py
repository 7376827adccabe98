import hashlib
import os
from pathlib import Path

import pytest

from trivet.errors import ArtifactError
from trivet.runtime.digests import Digests


def test_a_digest_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"some bytes")
    assert Digests().read(path) == hashlib.sha256(b"some bytes").hexdigest()


def test_a_hard_link_is_read_once(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"some bytes")
    os.link(path, link)
    digests = Digests()
    digests.read(path)
    state = path.stat()
    path.write_bytes(b"other byte")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    # Same inode, size and time: nothing is read again, so the old digest stands.
    assert digests.read(link) == hashlib.sha256(b"some bytes").hexdigest()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"some bytes")
    digests = Digests()
    digests.read(path)
    path.write_bytes(b"other bytes")
    assert digests.read(path) == hashlib.sha256(b"other bytes").hexdigest()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="cannot read the file"):
        Digests().read(tmp_path / "missing")
