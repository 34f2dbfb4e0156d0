"""CONTRIBUTING.md walks through code that is there, word for word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCKS = [
    (path, re.sub("^   ", "", indented, flags=re.MULTILINE))
    for path, indented in re.findall(r"   `(\S+)`:\n\n   ```python\n(.*?)   ```\n", TEXT, re.DOTALL)
]


def test_every_block_of_python_stands_under_the_name_of_its_file():
    assert len(BLOCKS) == TEXT.count("```python") > 0


@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=[path for path, _ in BLOCKS])
def test_a_shown_block_stands_verbatim_in_its_file(path, block):
    assert block in (ROOT / path).read_text("utf-8")


def test_a_benchmark_is_shown_in_less_than_100_lines():
    assert sum(block.count("\n") for _, block in BLOCKS) < 100
