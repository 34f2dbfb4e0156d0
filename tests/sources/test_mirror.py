import pytest

from slm_eval.errors import ConfigError, SourceUnavailable
from slm_eval.sources import MirrorFile, SourceContext, fetch_first


def test_plain_and_gzipped_files_stand_for_each_other(tmp_path):
    (tmp_path / "d").mkdir()
    for name in ("one.jsonl", "two.jsonl.gz"):
        (tmp_path / "d" / name).touch()
    context = SourceContext(mirror=tmp_path)
    assert MirrorFile("d/one.jsonl.gz").fetch(context) == (tmp_path / "d" / "one.jsonl",)
    assert MirrorFile("d/two.jsonl").fetch(context) == (tmp_path / "d" / "two.jsonl.gz",)
    with pytest.raises(SourceUnavailable, match=r"holds neither d/three\.jsonl"):
        MirrorFile("d/three.jsonl").fetch(context)


def test_the_variable_serves_where_no_option_is_given(tmp_path, monkeypatch):
    (tmp_path / "x").touch()
    with pytest.raises(SourceUnavailable, match="--slm-mirror"):
        MirrorFile("x").fetch(SourceContext())
    monkeypatch.setenv("SLM_EVAL_MIRROR", str(tmp_path))
    assert MirrorFile("x").fetch(SourceContext()) == (tmp_path / "x",)


def test_a_mirror_that_is_no_folder_is_a_mistake_not_a_missing_source(tmp_path):
    with pytest.raises(ConfigError, match=r"no-such.*is not a folder"):
        fetch_first("rows", [MirrorFile("x")], SourceContext(mirror=tmp_path / "no-such"))


def test_when_nothing_serves_every_source_and_the_remedy_are_named(tmp_path):
    sources = [MirrorFile("a.jsonl"), MirrorFile("b.jsonl")]
    with pytest.raises(SourceUnavailable) as caught:
        fetch_first("the rows of demo", sources, SourceContext(mirror=tmp_path))
    message = str(caught.value)
    for part in ("the rows of demo", "(a.jsonl)", "(b.jsonl)", "Remedy: ", "SLM_EVAL_CACHE"):
        assert part in message
