"""From what the user typed after ``--model`` to the model that is meant.

    registry name | org/name[#revision] | local directory | file.gguf, each [@quantisation]

A local path that exists wins. Everything is told from names and files: nothing is downloaded and
no weight is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from slm_eval.errors import ConfigError, closest
from slm_eval.models import registry
from slm_eval.models.checkpoint import read_directory
from slm_eval.models.gguf_file import read_gguf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slm_eval.models.checkpoint import Checkpoint
    from slm_eval.models.registry import ModelCard

Kind = Literal["registry", "hub", "directory", "gguf", "embedded", "virtual"]

QUANTISATIONS = ("fp32", "fp16", "bf16", "int8", "int4")
FLOATS = ("fp32", "fp16", "bf16")
_SAME_AS = {"float32": "fp32", "float16": "fp16", "half": "fp16", "bfloat16": "bf16"}
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model as asked for and as resolved.

    name: as typed. alias: short id for test ids, without ``: / [ ]`` or white space.
    revision: Hub commit, tag or branch; None means main. path: absolute, for local kinds.
    quantisation: one of `QUANTISATIONS`, None where none was asked for.
    notices: lines to print once, such as an alias that means another model.
    """

    name: str
    alias: str
    kind: Kind
    hub_id: str | None = None
    revision: str | None = None
    path: Path | None = None
    quantisation: str | None = None
    card: ModelCard | None = None
    checkpoint: Checkpoint | None = None
    notices: tuple[str, ...] = ()


def normalise_quantisation(text: str) -> str:
    """Return one of `QUANTISATIONS` for a spelling of it (``float16``); else `ConfigError`."""
    lowered = text.strip().lower()
    lowered = _SAME_AS.get(lowered, lowered)
    if lowered not in QUANTISATIONS:
        raise ConfigError(
            f"quantisation {text!r} is not known{closest(text, QUANTISATIONS)}; "
            f"accepted are {', '.join(QUANTISATIONS)}"
        )
    return lowered


def resolve_model(name: str, *, weightless: bool = False) -> ModelRef:
    """Return the model that `name` means.

    `weightless` (engines that need no weights) takes any name that is not known as a ``virtual``
    model. Raises `ConfigError` for an unknown name or quantisation and for a local model that is
    incomplete, truncated or not a causal language model.
    """
    text = name.strip()
    if not text:
        raise ConfigError("the model name is empty; give a registry name, Hub id or local path")
    try:
        ref = _resolve(text)
    except ConfigError:
        if not weightless:
            raise
        return ModelRef(name=text, alias=_alias(text), kind="virtual")
    return replace(ref, alias=_with_quantisation(ref.alias, ref.quantisation))


def _resolve(text: str) -> ModelRef:
    whole = _local(text, text, None)
    if whole is not None:
        return whole
    base, mark, suffix = text.rpartition("@")
    if not mark:
        return _named(text, text, None)
    quantisation = normalise_quantisation(suffix)
    return _local(text, base, quantisation) or _named(text, base, quantisation)


def _exists(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if text and path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _local(text: str, base: str, quantisation: str | None) -> ModelRef | None:
    path = _exists(base)
    if path is None:
        return None
    known = registry.find(base) or registry.announced(base)
    if known and not (path / "config.json").is_file():
        return None
    path = path.resolve()
    notices = (f"{base}: taken as the folder {path}, not the model of that name",) if known else ()
    if path.is_dir():
        found, kind, alias = read_directory(path), "directory", path.name
    elif path.suffix.lower() == ".gguf":
        require_float(text, quantisation)
        found, kind, alias = read_gguf(path), "gguf", path.stem
    else:
        raise ConfigError(f"{path} is a file but not a .gguf; give a model directory or .gguf file")
    return ModelRef(
        name=text,
        alias=_clean(alias),
        kind="directory" if kind == "directory" else "gguf",
        path=path,
        quantisation=quantisation,
        checkpoint=found,
        notices=notices,
    )


def require_float(text: str, quantisation: str | None) -> None:
    """Raise `ConfigError` when a .gguf (`text`) is asked for in int8 or int4."""
    if quantisation is not None and quantisation not in FLOATS:
        raise ConfigError(
            f"{text}: a .gguf is dequantised on load and takes no {quantisation}; "
            f"accepted are {', '.join(FLOATS)}"
        )


def _named(text: str, base: str, quantisation: str | None) -> ModelRef:
    identity, mark, revision = base.partition("#")
    if mark and not revision:
        raise ConfigError(f"model {text!r} has an empty revision; write org/name#revision")
    # A revision can only belong to the repository named, never to the one an alias stands for.
    alias = None if mark else registry.announced(identity)
    card, why = alias or (registry.find(identity), None)
    notices = (f"{identity}: {why}",) if why else ()
    if card is not None and card.wheel is not None:
        if mark:
            raise ConfigError(f"model {text!r}: the embedded model has no revisions; drop '#'")
        require_float(text, quantisation)
    if card is None and not _HUB_ID.fullmatch(identity):
        raise ConfigError(_unknown(text, identity))
    return ModelRef(
        name=text,
        alias=card.name if card else _clean(identity.rpartition("/")[2]),
        kind=("embedded" if card.wheel else "registry") if card else "hub",
        hub_id=card.hub_id if card else identity,
        revision=revision or (card.revision if card else None),
        quantisation=quantisation,
        card=card,
        notices=notices,
    )


def _unknown(text: str, identity: str) -> str:
    if identity.lower().endswith(".gguf") or identity.startswith((".", "/", "~", "\\")):
        return f"model {text!r}: there is no such file or directory"
    return (
        f"model {text!r} is not known{closest(identity, registry.known_names())}; "
        "give a registry name, a Hub id (org/name), a local directory or a .gguf file"
    )


def _alias(text: str) -> str:
    return _clean(re.split(r"[/\\]", text.rstrip("/\\"))[-1])


def _clean(text: str) -> str:
    return re.sub(r"[^\w.@+-]+", "-", text, flags=re.ASCII).strip("-") or "model"


def _with_quantisation(alias: str, quantisation: str | None) -> str:
    return f"{alias}@{quantisation}" if quantisation else alias


def resolve_models(names: Iterable[str], *, weightless: bool = False) -> list[ModelRef]:
    """Resolve names in order: the same model is kept once, different ones get unique aliases."""
    refs: dict[tuple[object, ...], ModelRef] = {}
    taken: set[str] = set()
    for name in names:
        ref = resolve_model(name, weightless=weightless)
        key = _identity(ref)
        if key in refs:
            merged = tuple(dict.fromkeys((*refs[key].notices, *ref.notices)))
            refs[key] = replace(refs[key], notices=merged)
            continue
        alias = _unique(ref, taken)
        taken.add(alias)
        refs[key] = replace(ref, alias=alias)
    return list(refs.values())


def _identity(ref: ModelRef) -> tuple[object, ...]:
    card = ref.card.name if ref.card else None
    virtual = ref.name if ref.kind == "virtual" else None
    return (ref.kind, card, ref.hub_id, ref.revision, ref.path, ref.quantisation, virtual)


def _unique(ref: ModelRef, taken: set[str]) -> str:
    suffix = f"@{ref.quantisation}" if ref.quantisation else ""
    stem = ref.alias.removesuffix(suffix)
    alias, number = ref.alias, 2
    while alias in taken:
        alias, number = f"{stem}-{number}{suffix}", number + 1
    return alias
