import sys

import pytest

from slm_eval.errors import SourceUnavailable
from slm_eval.sources import packages


def installers(monkeypatch, *, pip_module, programs=()):
    monkeypatch.setattr(packages, "find_spec", lambda name: object() if pip_module else None)
    monkeypatch.setattr(
        packages.shutil, "which", lambda name: f"/bin/{name}" if name in programs else None
    )


def test_pip_of_this_interpreter_comes_first(monkeypatch, tmp_path):
    installers(monkeypatch, pip_module=True, programs=("uv", "pip"))
    command = packages.download_command("demo==1.0", tmp_path)
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "--quiet", "--no-input"} <= set(command)
    assert command[-3:] == ["--dest", str(tmp_path), "demo==1.0"]


def test_uv_runs_pip_where_the_environment_has_none(monkeypatch, tmp_path):
    installers(monkeypatch, pip_module=False, programs=("uv", "pip"))
    command = packages.download_command("demo==1.0", tmp_path)
    assert command[:6] == ["/bin/uv", "tool", "run", "--quiet", "pip", "download"]


def test_pip_on_the_path_comes_last(monkeypatch, tmp_path):
    installers(monkeypatch, pip_module=False, programs=("pip",))
    assert packages.download_command("demo==1.0", tmp_path)[:2] == ["/bin/pip", "download"]


def test_no_installer_at_all_names_the_remedy(monkeypatch, tmp_path):
    installers(monkeypatch, pip_module=False)
    with pytest.raises(SourceUnavailable, match=r"neither pip nor uv.*ensurepip"):
        packages.download_command("demo==1.0", tmp_path)
