"""Recorded responses in place of a model: no weights, no tokenizer, no torch.

The recording is a run folder, its `cases.jsonl`, or any jsonl with the same keys:
`prompt_sha256` and `text`, or `prompt_sha256` and `choices: [{text, loglikelihood, token_count}]`.
An answer is found by the hash of the rendered prompt and, for choices, by their texts; one that
was sampled by its seed as well. Where a recording holds two texts for one request (with and without
a chat template, say) neither is served.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slm_eval.cases.case import Choice, Generation, Request, Response, prompt_sha256, sampled_seed
from slm_eval.engines.base import EngineInfo
from slm_eval.errors import DataError, EngineError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slm_eval.engines.base import OnAnswer

Key = tuple[str, tuple[str, ...] | None, int | None]
"""Prompt hash, continuations of choices, seed of a sampled answer."""

AMBIGUOUS = Response()
"""In the place of answers that differ."""

_HASHED = re.compile(r"sha256:[0-9a-f]{64}")


class ReplayEngine:
    """Serves what a former run recorded; a request that is not there gets an EngineError."""

    def __init__(self, path: Path, model: str | None = None) -> None:
        """Read the recording.

        path: a run folder or a jsonl file. model: which model's lines to serve where the recording
        names several. Raises SourceUnavailable or DataError.
        """
        self.path = path / "cases.jsonl" if path.is_dir() else path
        if not self.path.is_file():
            raise SourceUnavailable(
                f"engine replay:{path}: no such file (expected a run folder with cases.jsonl, "
                "or a jsonl file)"
            )
        content = self.path.read_bytes()
        self.recorded = read_recording(content, self.path, model)
        self.withheld = {key[0] for key, response in self.recorded.items() if is_withheld(response)}
        self.info = EngineInfo(
            engine="replay",
            engine_version="1",
            device="none",
            dtype=recorded_dtype(self.path.parent, model),
            batch="1",
            fingerprint=hashlib.sha256(content).hexdigest(),
        )

    def run(self, requests: Sequence[Request], on_answer: OnAnswer) -> None:
        """Answer each request from the recording."""
        for index, request in enumerate(requests):
            on_answer(index, self._answer(request))

    def _answer(self, request: Request) -> Response | EngineError:
        digest = prompt_sha256(request)
        if digest in self.withheld:
            return EngineError(
                f"the recording {self.path.name} holds the answer to {digest[:12]}... as a hash "
                "alone: rows of a protected data set are not recorded; run it on a model"
            )
        found = self.recorded.get(request_key(request))
        if found is AMBIGUOUS:
            return EngineError(
                f"the recording {self.path.name} holds different answers to one prompt "
                f"({digest[:12]}...): replay a run of this suite alone"
            )
        if found is not None:
            return found
        other = any(key[0] == digest for key in self.recorded)
        why = "it holds this prompt with other continuations" if other else "it lacks this prompt"
        return EngineError(
            f"no recorded response in {self.path.name}: {why} (prompt_sha256 {digest[:12]}...); "
            "record it again with --slm-engine transformers"
        )

    def close(self) -> None:
        """Forget the recording."""
        self.recorded = {}


def request_key(request: Request) -> Key:
    """Return what an answer is found by."""
    continuations = None if isinstance(request, Generation) else request.continuations
    return prompt_sha256(request), continuations, sampled_seed(request)


def is_withheld(response: Response) -> bool:
    """Return whether a recorded answer is the hash that stands for one to a protected row."""
    texts = [response.text, *(choice.text for choice in response.choices)]
    return any(text is not None and _HASHED.fullmatch(text) for text in texts)


def read_recording(content: bytes, path: Path, model: str | None = None) -> dict[Key, Response]:
    """Return the responses in jsonl `content`; lines without an answer are left out.

    model: serve this model's lines alone, if any line names it.
    Raises DataError naming file and line for what cannot be read.
    """
    recorded: dict[Key, Response] = {}
    of_model: dict[Key, Response] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key, response = _parse(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}:{number}: not a recorded response ({error}); expected JSON with "
                "prompt_sha256 and text or choices"
            ) from error
        if response is not None:
            _add(recorded, key, response)
            if model is not None and row.get("model") == model:
                _add(of_model, key, response)
    return of_model or recorded


def _add(recorded: dict[Key, Response], key: Key, response: Response) -> None:
    known = recorded.get(key, response)
    recorded[key] = response if known.text == response.text else AMBIGUOUS


def _parse(row: dict[str, Any]) -> tuple[Key, Response | None]:
    digest = str(row["prompt_sha256"])
    response = Response(
        prompt_tokens=row.get("prompt_tokens"),
        output_tokens=row.get("output_tokens"),
        finish_reason=row.get("finish_reason"),
        truncated=bool(row.get("truncated", False)),
        cached=True,
        tie_offsets=tuple(row.get("tie_offsets", ())),
        thinking_opened=bool(row.get("thinking_opened", False)),
        samples=tuple(row.get("samples", ())),
    )
    if row.get("choices"):
        choices = tuple(
            Choice(c["text"], float(c["loglikelihood"]), int(c["token_count"]), c.get("is_greedy"))
            for c in row["choices"]
        )
        return (digest, tuple(c.text for c in choices), None), replace(response, choices=choices)
    seed = None if row.get("seed") is None else int(row["seed"])
    if row.get("text") is None:
        return (digest, None, seed), None
    return (digest, None, seed), replace(response, text=str(row["text"]))


def recorded_dtype(folder: Path, model: str | None) -> str:
    """Return the dtype that the recorded run computed in; ``none`` where it does not say."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "none"
    known = {entry["name"]: entry["dtype"] for entry in summary.get("models", ())}
    return str(known.get(model) or "none")
