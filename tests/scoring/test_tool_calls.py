"""Calls of tools: every format is read, and a call is held against the tools that there are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.scoring.tool_calls import (
    ToolCall,
    call_errors,
    find_tool_calls,
    tool_call_valid,
)

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
TOOLS = [WEATHER, {"name": "now"}]
ROME = ToolCall("weather", {"city": "Rome"})
GARBAGE = st.lists(
    st.sampled_from(
        [
            *("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", '{"name":', '"now"'),
            *(',"arguments":{}}', "[", "]", "now(", ")", "city=", "'", "{", "}", "\n", "\\d"),
            *("\0", "\ud800"),
        ]
    )
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>',
        # The closing tag may have been the stop string; arguments may be JSON in a string.
        '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}',
        '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Rome"}}]',
        '[TOOL_CALLS]weather[ARGS]{"city": "Rome"}',
        '{"name": "weather", "parameters": {"city": "Rome"}}',
        '{"type": "function", "function": "weather", "parameters": {"city": "Rome"}}',
        '{"type": "function", "function": {"name": "weather", "arguments": {"city": "Rome"}}}',
        'I call:\n```json\n{"name": "weather", "parameters": {"city": "Rome"}}\n```',
        '[weather(city="Rome")]',
        "weather(city='Rome')",
        '<|python_tag|>weather(city="Rome")',
    ],
)
def test_every_format_is_read(text):
    assert find_tool_calls(text) == ((ROME,), ())
    assert tool_call_valid(text, TOOLS) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>'
        '<tool_call>{"name": "now", "arguments": {}}</tool_call>',
        '[TOOL_CALLS]weather{"city": "Rome"}[TOOL_CALLS]now{}',
        '[weather(city="Rome"), now()]',
        '[{"name": "weather", "parameters": {"city": "Rome"}}, {"name": "now", "parameters": {}}]',
    ],
)
def test_several_calls_keep_their_order(text):
    assert find_tool_calls(text).calls == (ROME, ToolCall("now", {}))
    assert tool_call_valid(text, TOOLS) == 1.0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('[wether(city="Rome")]', "there is no tool 'wether'"),
        ("[weather(days=1)]", "weather: $: 'city' is a required property"),
        ("[weather(city=1)]", "weather: $.city: 1 is not of type 'string'"),
        ('[now(zone="CET")]', "now: $: {'zone': 'CET'} is expected to be empty"),
    ],
)
def test_what_is_wrong_with_a_call(text, error):
    (found,) = call_errors(find_tool_calls(text).calls, TOOLS)
    assert found.startswith(error)
    assert tool_call_valid(text, TOOLS) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "weather"</tool_call>',
        '<tool_call>{"name": "now", "arguments": {}}</tool_call><tool_call>oops</tool_call>',
        "[TOOL_CALLS] [{",
        "[weather(city=open('/etc/passwd').read())]",
        "[weather('Rome')]",
        "[weather(**{'city': 'Rome'})]",
        "[" + "f(" * 4000 + ")" * 4000 + "]",
    ],
)
def test_a_call_that_cannot_be_read_is_found_and_invalid(text):
    made = find_tool_calls(text)
    assert made.found
    assert made.wrong
    assert tool_call_valid(text, TOOLS) == 0.0


@pytest.mark.parametrize(
    "text", ["", "It rains in Rome.", '{"city": "Rome"}', '{"name": "Bob"}', "[1, 2]", "f(x) = (1)"]
)
def test_an_answer_is_no_call(text):
    assert not find_tool_calls(text).found
    assert tool_call_valid(text, TOOLS) == 0.0


@settings(deadline=None)
@given(GARBAGE)
def test_any_text_is_scored(text):
    assert tool_call_valid(text, TOOLS) in (0.0, 1.0)
    assert find_tool_calls(text) == find_tool_calls(text)


@pytest.mark.parametrize(
    "text",
    [
        *(piece * 10**5 for piece in ("<tool_call>", "[TOOL_CALLS]", "[f(", '<tool_call>{"name":')),
        "[TOOL_CALLS]x" + " " * 10**6,
        "[TOOL_CALLS]" + "x" * 10**6 + "[ARGS]" + " " * 10**6,
    ],
    ids=["hermes", "mistral", "python", "hermes-json", "white-space", "long-name"],
)
def test_enormous_answers_are_read_within_bounds(text):
    assert tool_call_valid(text, TOOLS) == 0.0


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ConfigError, match="has no name"):
        tool_call_valid("now()", [{"parameters": {}}])
    with pytest.raises(ConfigError, match="no text to find calls in"):
        tool_call_valid(None, TOOLS)
    with pytest.raises(ConfigError, match="not a JSON Schema"):
        tool_call_valid("now()", [{"name": "now", "parameters": {"type": "nope"}}])
