"""One case's line: plain builtins only, because it crosses process borders and ends up as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slm_eval.cases.case import Response
    from slm_eval.runs.handle import CaseHandle

Record = dict[str, Any]


def case_record(
    nodeid: str,
    handle: CaseHandle,
    outcome: str,
    *,
    response: Response | None,
    prompt_sha256: str | None,
    seed: int | None = None,
    why: str | None,
    protected: bool = False,
    why_protected: bool = True,
) -> Record:
    """Return the `cases.jsonl` line of one case, as builtins.

    seed: of a sampled answer. Rows of a protected dataset carry hashes in place of text;
    `why_protected` says whether `why` may quote the row as well.
    """
    checked = handle.checked
    record: Record = {
        "nodeid": nodeid,
        "suite": handle.suite.name,
        "model": handle.model,
        "case_id": handle.id,
        "cluster": handle.cluster,
        "prompt_sha256": prompt_sha256,
        "expected": plain(handle.expected),
        "score": checked.score if checked else None,
        "metrics": checked.metrics if checked else {},
        "threshold": float(handle.threshold),
        "outcome": outcome,
        "extracted": checked.extracted if checked else None,
        "label": checked.label if checked else None,
        "prediction": checked.prediction if checked else None,
        "why": why,
    }
    if seed is not None:
        record["seed"] = seed
    record.update(_response_fields(response))
    record = {key: plain(value) for key, value in record.items()}
    return _redacted(record, why_protected) if protected else record


def crashed_record(nodeid: str, suite: str, model: str, case_id: str, why: str) -> Record:
    """Return the line of a case whose process died: nothing is known but that."""
    unknown = dict.fromkeys(
        ("cluster", "prompt_sha256", "expected", "score", "threshold", "extracted", "label")
    )
    return {
        **unknown,
        **_response_fields(None),
        "nodeid": nodeid,
        "suite": suite,
        "model": model,
        "case_id": case_id,
        "metrics": {},
        "outcome": "error",
        "prediction": None,
        "why": why,
    }


def _response_fields(response: Response | None) -> Record:
    if response is None:
        return {
            "text": None,
            "truncated": None,
            "prompt_tokens": None,
            "output_tokens": None,
            "finish_reason": None,
            "thinking_opened": None,
            "latency_s": None,
            "cached": None,
        }
    fields: Record = {
        "truncated": response.truncated,
        "prompt_tokens": response.prompt_tokens,
        "output_tokens": response.output_tokens,
        "finish_reason": response.finish_reason,
        "thinking_opened": response.thinking_opened,
        "latency_s": response.latency_s,
        "cached": response.cached,
    }
    if response.text is None:
        fields["choices"] = [
            {
                "text": plain(choice.text),
                "loglikelihood": choice.loglikelihood,
                "token_count": choice.token_count,
                "is_greedy": choice.is_greedy,
            }
            for choice in response.choices
        ]
    else:
        fields["text"] = plain(response.text)
        if response.tie_offsets:
            fields["tie_offsets"] = list(response.tie_offsets)
        if response.samples:
            fields["samples"] = plain(response.samples)
    return fields


def _redacted(record: Record, why_protected: bool) -> Record:
    from hashlib import sha256

    def digest(value: Any) -> str | None:
        if value is None:
            return None
        return "sha256:" + sha256(str(value).encode("utf-8", "surrogatepass")).hexdigest()

    for name in ("expected", "label", "prediction", *(["why"] if why_protected else [])):
        record[name] = digest(record[name])
    if "text" in record:
        record["text"] = digest(record["text"])
    if "samples" in record:
        record["samples"] = [digest(text) for text in record["samples"]]
    for choice in record.get("choices", ()):
        choice["text"] = digest(choice["text"])
    return record


_EXACT = frozenset({type(None), bool, int})


def plain(value: Any) -> Any:
    """Return `value` as exact builtins: execnet and JSON refuse numpy scalars and subclasses."""
    kind = type(value)
    if kind in _EXACT or (kind is str and value.isascii()):
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool | None):
        return value
    if isinstance(value, str):
        # A lone surrogate, which no encoding takes, becomes its own escape.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value)
