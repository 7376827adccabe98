"""Prints which build of torch pip would choose here and how large it is, before anything is installed.

`python tools/torch_build.py constraints.txt`; on Linux the plain package is often a CUDA build of several GB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


def main() -> None:
    """Ask pip for its choice, then the address of the choice for its size; never fails the set-up."""
    pin = next((line for line in Path(sys.argv[1]).read_text().splitlines() if line.startswith("torch==")), "torch")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"]
    found = subprocess.run([*command, "--report", "-", pin], capture_output=True, text=True, check=False)
    try:
        install = json.loads(found.stdout)["install"][0]
    except (json.JSONDecodeError, IndexError, KeyError):
        print(f"{pin}: pip did not say which build it would choose.")
        return
    address = urllib.parse.urlsplit(install["download_info"]["url"])
    version = install["metadata"]["version"]
    cuda = any("nvidia" in need or "cuda" in need for need in install["metadata"].get("requires_dist", []))
    build = (
        "CPU build"
        if "+cpu" in version or "cpu" in address.path or not cuda
        else "CUDA build, several GB with its libraries"
    )
    print(
        f"torch {version}: {build}, {_size(address)} to download. For a CPU build: pip's --index-url, see torch's site."
    )


def _size(address: urllib.parse.SplitResult) -> str:
    if address.scheme == "file":
        return f"{os.path.getsize(urllib.parse.unquote(address.path)) / 1e6:.0f} MB"
    request = urllib.request.Request(address.geturl(), method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return f"{int(answer.headers.get('Content-Length', 0)) / 1e6:.0f} MB"
    except (urllib.error.URLError, TimeoutError):
        return "an unknown size"


if __name__ == "__main__":
    main()
