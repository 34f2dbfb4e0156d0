"""What a stored response is called and how it is written: its key and its JSON form.

The key covers everything that decides an answer and that is known without weights or tokenizer in
memory, so a warm run needs neither.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import fields, is_dataclass
from functools import lru_cache
from itertools import starmap
from typing import TYPE_CHECKING, Any

from slm_eval.cases.case import Choice, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.cases.case import FinishReason, Request

KEY_VERSION = 4
"""Part of every key: raise it when an answer's meaning changes, and old ones are never read."""


def request_key(
    request: Request,
    *,
    weights_fingerprint: str | None,
    dtype: str,
    engine: str,
    engine_version: str,
    context: int | None,
    seed: int,
) -> str:
    """Return the sha256, in hex, of all that decides the answer to `request`, as canonical JSON.

    Every field of the request counts (rendered prompt, continuations, chat, decoding), by name, so
    that a field added later changes the keys instead of being overlooked. Tokenizer and chat
    template count as parts of `weights_fingerprint`, see `engines.identity`.
    """
    prefix = _prefix(
        ("weights", weights_fingerprint),
        ("dtype", dtype),
        ("engine", engine),
        ("engine_version", engine_version),
        ("context", context),
        ("seed", seed),
    )
    digest = hashlib.sha256(prefix)
    digest.update(_canonical(request))
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _prefix(*pairs: tuple[str, str | int | None]) -> bytes:
    return _canonical({"key_version": KEY_VERSION, **dict(pairs)}) + b"\n"


def _canonical(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_as_plain
    )
    return text.encode("ascii")


def _as_plain(value: object) -> dict[str, Any]:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    plain = {name: getattr(value, name) for name in _names(type(value))}
    for name, item in plain.items():
        # temperature=0 and temperature=0.0 ask for the same thing.
        if isinstance(item, float) and item.is_integer():
            plain[name] = int(item)
    return {"type": type(value).__name__, **plain}


@lru_cache(maxsize=16)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def storable(response: Response) -> bool:
    """Whether a response may be kept: never one that holds a NaN."""
    return not any(math.isnan(choice.loglikelihood) for choice in response.choices)


def encode_response(response: Response) -> bytes:
    """Return a response as ASCII JSON; floats as `repr`, so that they come back bit for bit.

    `latency_s` and `cached` are facts of one run and are not written.
    """
    choices = [
        (choice.text, float(choice.loglikelihood), int(choice.token_count), choice.is_greedy)
        for choice in response.choices
    ]
    plain = (
        response.text,
        choices,
        response.prompt_tokens,
        response.output_tokens,
        response.finish_reason,
        response.truncated,
        response.tie_offsets,
        response.thinking_opened,
        response.samples,
    )
    return json.dumps(plain, separators=(",", ":")).encode("ascii")


def decode_response(data: bytes) -> Response:
    """Return what `encode_response` wrote, with ``cached=True`` and no latency.

    Raises ValueError for anything else.
    """
    return decode_responses([data])[0]


def decode_responses(data: Sequence[bytes]) -> list[Response]:
    """Decode many at once: one JSON document, one pass, in less than half the time."""
    try:
        plain = json.loads(b"[%b]" % b",".join(data))
        if len(plain) != len(data):
            raise ValueError(f"{len(plain)} responses in the place of {len(data)}")
        return [_from_plain(*one) for one in plain]
    except TypeError as error:
        raise ValueError(f"not a stored response: {error}") from None


def _from_plain(
    text: str | None,
    choices: list[tuple[str, float, int, bool | None]],
    prompt_tokens: int | None,
    output_tokens: int | None,
    finish_reason: FinishReason | None,
    truncated: bool,
    ties: list[int],
    thinking_opened: bool,
    samples: list[str],
) -> Response:
    scored = tuple(starmap(Choice, choices))
    counts = prompt_tokens, output_tokens
    return Response(
        text,
        scored,
        *counts,
        finish_reason,
        truncated,
        cached=True,
        tie_offsets=tuple(ties),
        thinking_opened=thinking_opened,
        samples=tuple(samples),
    )
