"""The schemas are valid, strict, and what a real run writes follows them."""

import json
import shutil
from dataclasses import fields

import pytest
from jsonschema import Draft202012Validator

from slm_eval.engines.base import EngineOptions
from slm_eval.errors import ConfigError, DataError
from slm_eval.runs.record import crashed_record
from slm_eval.runs.schema import NAMES, schema, validate_run
from slm_eval.runs.settings import Settings


def objects(node):
    """Yield every object schema with named properties."""
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for value in node.values():
            yield from objects(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_versioned_and_closed(name):
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["title"] == f"slm-eval/{name}/1"
    assert all(found["additionalProperties"] is False for found in objects(schema(name)))


def test_settings_are_described_in_full():
    described = schema("manifest")["$defs"]["settings"]["properties"]
    assert set(described) == {field.name for field in fields(Settings)}
    assert set(described["options"]["properties"]) == {
        field.name for field in fields(EngineOptions)
    }


def test_a_real_run_follows_them(small_run):
    folder = small_run / "reports" / "latest"
    validate_run(folder)
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text().split("\n")[:-1]]
    assert {case["outcome"] for case in cases} == {"hit", "miss", "error"}
    assert {"text" in case for case in cases} == {True, False}
    suites = json.loads((folder / "summary.json").read_text())["suites"]
    assert {suite["n"] for suite in suites} == {12, 1, 0}


def test_a_crashed_case_follows_them():
    record = crashed_record("test_a.py::test_a[m:1]", "a", "m", "1", "worker 'gw0' crashed")
    Draft202012Validator(schema("case")).validate(record)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("summary.json", '"smoke": false', '"smoke": 0', r"at \$.smoke, 0 is not of type"),
        ("summary.json", '"smoke"', '"smok"', "smok"),
        ("manifest.json", "slm-eval/manifest/1", "slm-eval/manifest/2", r"at \$.schema"),
        ("cases.jsonl", '"outcome": "miss"', '"outcome": "missed"', "cases.jsonl:5.*missed"),
        ("cases.jsonl", '{"nodeid"', '{"nodeid', "cases.jsonl:1: broken JSON"),
    ],
)
def test_a_deviation_is_named_with_its_place(small_run, tmp_path, name, old, new, told):
    copy = shutil.copytree((small_run / "reports" / "latest").resolve(), tmp_path / "run")
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=told):
        validate_run(copy)


def test_what_is_missing_or_unknown(tmp_path):
    with pytest.raises(DataError, match=r"manifest\.json cannot be read"):
        validate_run(tmp_path)
    with pytest.raises(ConfigError, match="did you mean summary"):
        schema("sumary")
