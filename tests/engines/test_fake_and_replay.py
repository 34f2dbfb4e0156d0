"""The engines without a model: deterministic, exact about what they lack, and light."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny

from slm_eval.cases.case import Decoding, Generation, LogLikelihoods, Response, prompt_sha256
from slm_eval.engines.base import EngineOptions
from slm_eval.engines.fake import FakeEngine
from slm_eval.engines.open import open_engine
from slm_eval.errors import ConfigError, DataError, EngineError, SourceUnavailable

MODEL = SimpleNamespace(name="m", alias="m")
ASK = LogLikelihoods("Q: one?", (" yes", " no"))
SAY = Generation("Say it", Decoding(stop=("beta",)))


def opened(spec):
    return open_engine(spec, MODEL, EngineOptions())


def test_fake_answers_the_same_every_time():
    first, second = (tiny.answers(opened("fake"), [ASK, SAY]) for _ in range(2))
    assert first == second
    assert len({c.loglikelihood for c in first[0].choices}) == 2
    assert "beta" not in first[1].text


def test_fake_from_a_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "def respond(request):\n"
        "    if hasattr(request, 'continuations'): return [-1.0, -2.0]\n"
        "    raise ValueError('not today')\n"
    )
    scored, failed = tiny.answers(opened(f"fake:{path}"), [ASK, SAY])
    assert [c.loglikelihood for c in scored.choices] == [-1.0, -2.0]
    assert isinstance(failed, EngineError)
    assert "not today" in str(failed)


def test_fake_refuses_answers_of_the_wrong_shape():
    (short,) = tiny.answers(FakeEngine(lambda _: [-1.0]), [ASK])
    assert "2 log-likelihoods" in str(short)
    (full,) = tiny.answers(FakeEngine(lambda _: Response(text="x")), [SAY])
    assert full.text == "x"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("transfomers", "did you mean transformers"),
        ("replay", "replay:PATH"),
        ("fake:nowhere.py", "no such file"),
    ],
)
def test_unknown_engines_are_named_with_the_remedy(spec, says):
    with pytest.raises(ConfigError, match=says):
        opened(spec)


def line(request, **answer):
    return json.dumps({"prompt_sha256": prompt_sha256(request)} | answer)


CHOICES = [{"text": t, "loglikelihood": -1.5, "token_count": 1} for t in ASK.continuations]


def test_replay_serves_a_run_folder_and_names_what_it_lacks(tmp_path):
    (tmp_path / "cases.jsonl").write_text(
        "\n".join(
            [
                line(ASK, choices=CHOICES, text=None, model="m"),
                line(SAY, text="of another", choices=[], model="other"),
                line(SAY, text="hm", choices=[], model="m", thinking_opened=True),
                line(Generation("skipped"), outcome="skipped"),
            ]
        )
    )
    other = LogLikelihoods(ASK.prompt, (" maybe",))
    asked = [ASK, SAY, other, Generation("skipped")]
    scored, said, lacking, skipped = tiny.answers(opened(f"replay:{tmp_path}"), asked)
    assert [c.loglikelihood for c in scored.choices] == [-1.5, -1.5]
    assert said == Response(text="hm", cached=True, thinking_opened=True)
    assert said.answer is None
    assert "other continuations" in str(lacking)
    assert "lacks this prompt" in str(skipped)


def test_replay_names_file_and_line_of_a_bad_recording(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(line(SAY, text="a") + "\n{broken\n")
    with pytest.raises(DataError, match=r"r\.jsonl:2"):
        opened(f"replay:{path}")
    with pytest.raises(SourceUnavailable, match="no such file"):
        opened(f"replay:{tmp_path / 'gone'}")


def test_neither_imports_torch_or_transformers(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(line(SAY, text="a"))
    code = (
        "import sys; from types import SimpleNamespace as N\n"
        "from slm_eval.engines.open import open_engine\n"
        f"for spec in ('fake', {f'replay:{path}'!r}): open_engine(spec, N(name='m', alias='m'))\n"
        "print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_replay_tells_samples_apart_by_their_seed(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("\n".join(line(SAY, text=f"text {seed}", seed=seed) for seed in (0, 1)))
    asked = [Generation(SAY.prompt, Decoding(temperature=1.0, seed=seed)) for seed in (0, 1, 2)]
    first, second, lacking = tiny.answers(opened(f"replay:{path}"), asked)
    assert (first.text, second.text) == ("text 0", "text 1")
    assert isinstance(lacking, EngineError)


def test_replay_serves_neither_of_two_answers_to_one_prompt(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("\n".join(line(SAY, text=text) for text in ("a", "b", "b")))
    (answer,) = tiny.answers(opened(f"replay:{path}"), [SAY])
    assert "different answers" in str(answer)
