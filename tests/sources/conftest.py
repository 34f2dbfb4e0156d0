"""A cache of its own for every test, and a package index that is a folder."""

import hashlib
import os
import zipfile

import pytest

from slm_eval.sources import Wheel
from slm_eval.sources.wheel import forget_failures


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("SLM_EVAL_CACHE", str(folder))
    monkeypatch.delenv("SLM_EVAL_MIRROR", raising=False)
    forget_failures()
    return folder


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip is told to take wheels from, and from nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def make_wheel(index):
    """Build a wheel of plain files and return what pins it."""

    def make(members, package="demo-rows", version="1.0"):
        name = package.replace("-", "_")
        path = index / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        data = path.read_bytes()
        return Wheel(package, version, hashlib.sha256(data).hexdigest(), len(data))

    return make
