"""Calls of tools that a text makes, in the formats of common chat templates, and their validity.

| format | written by |
|---|---|
| ``<tool_call>{"name": …, "arguments": {…}}</tool_call>`` | Hermes, Qwen, SmolLM |
| ``[TOOL_CALLS] [{"name": …, "arguments": {…}}]`` | Mistral |
| ``{"name": …, "parameters": {…}}`` | Llama 3 |
| ``[name(key=value)]`` | Llama 3.2, Gemma; literals only, nothing is evaluated |
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from slm_eval.cases.text import text_of
from slm_eval.errors import ConfigError
from slm_eval.scoring.structured import find_json, read_json, schema_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_PYTHON = 10_000
DEEPEST_PYTHON = 50
"""Limits of a Python-style call: the parser's own end in a crash."""

_HERMES = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_MISTRAL = "[TOOL_CALLS]"
# Possessive, or white space between name and arguments would be shared out in every way.
_MISTRAL_NEXT = re.compile(r"\s*+([\w.-]++)\s*+(?:\[ARGS\]\s*+)?(?={)")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call: `arguments` by name."""

    name: str
    arguments: Mapping[str, Any]


class ToolCalls(NamedTuple):
    """What a text calls: the `calls` that could be read, and what was `wrong` with the others."""

    calls: tuple[ToolCall, ...]
    wrong: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether the text tries to call anything at all."""
        return bool(self.calls or self.wrong)


def find_tool_calls(text: str | None) -> ToolCalls:
    """Return the calls in `text`, in order, whichever of the formats they are in."""
    text = text_of(text, "to find calls in")
    if blocks := _HERMES.findall(text):
        return _all(read_json(block).value or block.strip() for block in blocks)
    if _MISTRAL in text:
        return _mistral(text.split(_MISTRAL, 1)[1])
    python = _python(text)
    if python is not None:
        return python
    value = find_json(text).value
    many = value if isinstance(value, list) else [value]
    # JSON of another kind is an answer, not a failed call.
    named = [each for each in many if isinstance(each, dict) and _name(each) is not None]
    return _all(many) if named else ToolCalls((), ())


def tool_call_valid(text: str | None, tools: Sequence[Mapping[str, Any]]) -> float:
    """Return 1.0 if `text` makes at least one call and every call is valid, else 0.0.

    tools: as chat templates take them: ``{"type": "function", "function": {"name": …,
    "parameters": SCHEMA}}``, or the inner object alone.

    Raises `ConfigError` for a tool without a name, or parameters that are no JSON Schema.
    """
    made = find_tool_calls(text)
    return float(made.found and not made.wrong and not any(call_errors(made.calls, tools)))


def call_errors(calls: Sequence[ToolCall], tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with each call: an unknown name, or arguments against the schema."""
    schemas = dict(map(_schema, tools))
    errors: list[str] = []
    for call in calls:
        if call.name not in schemas:
            errors.append(f"there is no tool {call.name[:80]!r}")
        else:
            found = schema_errors(call.arguments, schemas[call.name])
            errors += [f"{call.name}: {error}" for error in found]
    return errors


def _schema(tool: Mapping[str, Any]) -> tuple[str, Any]:
    inner = tool.get("function", tool)
    name = inner.get("name") if isinstance(inner, Mapping) else None
    if not isinstance(name, str):
        raise ConfigError(
            f"tool {str(tool)[:80]} has no name; give "
            '{"name": "…", "parameters": {a JSON Schema}}'
        )
    return name, inner.get("parameters") or {"type": "object", "maxProperties": 0}


def _all(values: Any) -> ToolCalls:
    calls: list[ToolCall] = []
    wrong: list[str] = []
    for value in values:
        call = _call(value)
        if call is None:
            wrong.append(f"not a call: {str(value)[:80]}")
        else:
            calls.append(call)
    return ToolCalls(tuple(calls), tuple(wrong))


def _call(value: Any) -> ToolCall | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function", value)
    name = _name(value)
    if name is None:
        return None
    arguments = inner if isinstance(inner, dict) else value
    given = arguments.get("arguments", arguments.get("parameters"))
    if isinstance(given, str):
        given = read_json(given).value
    return ToolCall(name, given) if isinstance(given, dict) else None


def _name(value: dict[str, Any]) -> str | None:
    inner = value.get("function", value)
    name = inner.get("name") if isinstance(inner, dict) else inner
    has_arguments = {"arguments", "parameters"} & {
        *value,
        *(inner if isinstance(inner, dict) else ()),
    }
    return name if isinstance(name, str) and has_arguments else None


def _mistral(rest: str) -> ToolCalls:
    # Older templates write a list; newer ones a name with its arguments behind it.
    named = _MISTRAL_NEXT.match(rest)
    try:
        if named is None:
            value, _ = json.JSONDecoder().raw_decode(rest.lstrip())
            return _all(value if isinstance(value, list) else [value])
        calls = []
        for part in rest.split(_MISTRAL):
            named = _MISTRAL_NEXT.match(part)
            start = named.end() if named else 0
            arguments, _ = json.JSONDecoder().raw_decode(part, start)
            calls.append({"name": named[1] if named else None, "arguments": arguments})
        return _all(calls)
    except (ValueError, RecursionError):
        return ToolCalls((), (f"not JSON: {rest[:80]}",))


def _python(text: str) -> ToolCalls | None:
    """Return the calls of ``[f(a=1), g()]`` or ``f(a=1)``, None where the text is no such thing."""
    text = text.strip().removeprefix("<|python_tag|>").strip()
    fenced = re.fullmatch(r"```\w*\n(.*?)```", text, re.DOTALL)
    text = fenced[1].strip() if fenced else text
    if not re.match(r"\[?\s*[A-Za-z_][\w.]*\(", text) or not text.endswith((")", "]")):
        return None
    if len(text) > LONGEST_PYTHON or _depth(text) > DEEPEST_PYTHON:
        return ToolCalls((), ("a call too long or nested too deeply",))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text, mode="eval").body
        nodes = body.elts if isinstance(body, ast.List) else [body]
        return ToolCalls(tuple(map(_python_call, nodes)), ())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        # Without the brackets it may be any formula.
        return ToolCalls((), (f"not calls: {text[:80]}",)) if text.startswith("[") else None


def _python_call(node: ast.expr) -> ToolCall:
    if not isinstance(node, ast.Call) or node.args:
        raise ValueError("expected name(key=value)")
    arguments = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise ValueError("** has no name")
        arguments[keyword.arg] = ast.literal_eval(keyword.value)
    return ToolCall(ast.unparse(node.func), arguments)


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest
