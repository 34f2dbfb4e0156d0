"""A cache of its own for every test that asks for one."""

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("SLM_EVAL_CACHE", str(folder))
    monkeypatch.delenv("SLM_EVAL_MIRROR", raising=False)
    return folder
