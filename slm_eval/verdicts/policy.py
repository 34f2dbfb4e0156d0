"""The acceptance policy: what is asked of which model on which hardware, without touching code.

``acceptance.toml``, read strictly (an unknown key is an error that names the closest known one)::

    version = 1

    [[model]]                          # general entries first: a later entry wins over an earlier
    match = "*"                        # fnmatch, any case, over alias, registry name and hub id;
                                       # one pattern or a list
    [model.suites.gsm8k]
    required = false                   # an optional suite may be undecided; the default is true

    [[model]]
    match = ["smollm2-135m-q4_1", "smollm2-135m*"]
    hardware = "*"                     # fnmatch over the machine's class and name; the default
    [model.suites.arc_easy]
    threshold = 1.0                    # what one example must reach
    because = "measured 0.512 +- 0.04 (n=200), Q4_1, float32"    # shown in reports as `why`
    gates."acc_norm.at_least" = 0.45   # sets the number of that gate, or adds the gate
    gates."prefill_ms.p95.at_most" = 900
    gates."acc.at_least" = false       # removes the gate of the code

A gate set here keeps the confidence and margin of the code's gate of the same key. A
``no_worse_than`` gate takes the name of its baseline.

Every key and type is checked, so that a typo never loosens a gate.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError, closest
from slm_eval.verdicts.gate import finite_float, parse_key
from slm_eval.verdicts.policy_rules import (
    Entry,
    GateValue,
    Policy,
    SuitePolicy,
    SuiteRule,
    gate_from_key,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["Policy", "SuitePolicy", "load_policy"]

VERSION = 1
_TOP = ("version", "model")
_ENTRY = ("match", "hardware", "suites")
_SUITE = ("required", "threshold", "because", "gates")


def load_policy(path: Path) -> Policy:
    """Read and check a policy file (format: above).

    Raises ConfigError, in one or two lines, for a file that cannot be read, is not TOML (with the
    line), or holds an unknown key, a wrong type or a gate key of the wrong form.
    """
    name = path.name
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"policy file {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"policy file {path} is not UTF-8 text: {error.reason}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"policy file {path} is not valid TOML: {error}") from None
    _known(name, document, _TOP)
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        got = "has no version" if version is None else f"has version {version!r}"
        raise ConfigError(f"{name} {got}; this slm_eval reads `version = {VERSION}`")
    entries = document.get("model", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{name}: write [[model]] with double brackets, once per entry")
    read = (_entry(name, number, table) for number, table in enumerate(entries, 1))
    return Policy(tuple(read), str(path))


def _entry(name: str, number: int, table: dict[str, Any]) -> Entry:
    where = f"{name}: [[model]] {number}"
    match = _patterns(where, "match", table.get("match"))
    where += f" (match = {', '.join(match)})"
    _known(where, table, _ENTRY)
    hardware = _patterns(where, "hardware", table.get("hardware", "*"))
    suites = _table(where, "suites", table.get("suites", {}))
    return Entry(match, hardware, {key: _rule(where, key, suites[key]) for key in suites})


def _rule(where: str, suite: str, value: object) -> SuiteRule:
    where = f"{where}, suite {suite!r}"
    table = _table(where, suite, value)
    _known(where, table, _SUITE)
    required, because = table.get("required"), table.get("because")
    threshold: float | None = None
    if required is not None and not isinstance(required, bool):
        raise ConfigError(f"{where}: required = {required!r} must be true or false")
    if because is not None and not isinstance(because, str):
        raise ConfigError(f"{where}: because = {because!r} must be a text in quotes")
    if "threshold" in table:
        threshold = _number(where, "threshold", table["threshold"])
    gates = _table(where, "gates", table.get("gates", {}))
    rules = {key: _gate_value(where, key, gates[key]) for key in gates}
    return SuiteRule(where, required, threshold, because, rules)


def _gate_value(where: str, key: str, value: object) -> GateValue:
    if isinstance(value, dict):
        raise ConfigError(
            f'{where}: gate keys hold a dot, so quote them: gates."{key}.{next(iter(value), "")}"'
        )
    try:
        named = parse_key(key)[2] == "no_worse_than"
        proper = gate_from_key(key, "baseline" if named else 0.0).key
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    if proper != key:
        raise ConfigError(f"{where}: write gate {key!r} as {proper!r}")
    if value is False:
        return None
    if not named:
        return _number(where, f'gates."{key}"', value, "a number, or false to remove the gate")
    if isinstance(value, str) and value.strip():
        return value
    raise ConfigError(
        f'{where}: gates."{key}" = {value!r} must name a baseline, or be false to remove the gate'
    )


def _known(where: str, table: dict[str, Any], keys: Collection[str]) -> None:
    for key in table:
        if key not in keys:
            near = closest(key, keys) or f"; known are {', '.join(keys)}"
            raise ConfigError(f"{where}: unknown key {key!r}{near}")


def _patterns(where: str, key: str, value: object) -> tuple[str, ...]:
    patterns = [value] if isinstance(value, str) else value
    if (
        not isinstance(patterns, list)
        or not patterns
        or not all(isinstance(pattern, str) and pattern for pattern in patterns)
    ):
        got = "is missing" if value is None else f"= {value!r} cannot be used"
        raise ConfigError(f'{where}: {key} {got}; give a pattern such as "smollm2-*", or a list')
    return tuple(patterns)


def _table(where: str, key: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key} = {value!r} must be a table")
    return value


def _number(where: str, key: str, value: object, accepted: str = "a finite number") -> float:
    number = finite_float(value)
    if number is None:
        raise ConfigError(f"{where}: {key} = {value!r} must be {accepted}")
    return number
