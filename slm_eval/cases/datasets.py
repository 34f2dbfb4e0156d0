"""Where a task's rows come from, as a test file says it.

    jsonl("fixtures/sentiment_it.jsonl")       a file of one's own
    rows([{"input": ..., "expected": ...}])    a list in the test file
    Dataset(...)                               a packaged, pinned data set

Anything else with a `name` and a `load` (see `RowSource`) serves as well.
"""

from slm_eval.cases.jsonl import GivenRows, JsonLines, jsonl, rows
from slm_eval.cases.pinned import Dataset
from slm_eval.cases.rowsource import DatasetContext, LoadedRows, RowSource, rows_sha256

__all__ = [
    "Dataset",
    "DatasetContext",
    "GivenRows",
    "JsonLines",
    "LoadedRows",
    "RowSource",
    "jsonl",
    "rows",
    "rows_sha256",
]
