"""Blocks from test ids alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slm_eval.runs.plan import GATE, BlockKey, parse, plan

ALIASES = st.from_regex(r"[a-z][a-z0-9._@-]{0,8}", fullmatch=True)
PATHS = st.from_regex(r"([a-z\[\]_]{1,6}/){0,2}test_[a-z]{1,4}\.py", fullmatch=True)
FUNCTIONS = st.from_regex(r"(TestA::)?test_[a-z]{1,6}", fullmatch=True)
SUITES = st.builds("{}::{}".format, PATHS, FUNCTIONS)
CASES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12)


@given(SUITES, ALIASES, CASES, st.booleans())
def test_an_id_is_taken_apart_as_it_was_put_together(suite, model, case, is_gate):
    rest = GATE + case if is_gate else case
    nodeid = f"{suite}[{model}:{rest}]"
    assert parse(nodeid, [model, "another"]) == (BlockKey(suite, model), rest)
    assert parse(nodeid, ["another"]) is None
    assert parse(suite, [model]) is None
    assert parse(f"{suite}[{model}]", [model]) is None


@given(
    st.lists(ALIASES, min_size=1, max_size=3, unique=True),
    st.lists(SUITES, min_size=1, max_size=3, unique=True),
    st.lists(CASES, min_size=1, max_size=4, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_plan_holds_every_id_once_in_its_own_block(models, suites, cases, random):
    nodeids = [
        f"{suite}[{model}:{rest}]"
        for suite in suites
        for model in models
        for rest in [*cases, f"{GATE}score.at_least"]
    ]
    others = [f"{suite}[plain]" for suite in suites]
    shuffled = random.sample([*nodeids, *others], len(nodeids) + len(others))
    made = plan(shuffled, models)
    assert set(made.block_of) == set(nodeids)
    for key, block in made.blocks.items():
        mine = [nodeid for nodeid in shuffled if made.block_of.get(nodeid) == key]
        assert [nodeid for nodeid in mine if nodeid in block.cases] == block.cases
        assert sorted(block.cases + block.gates) == sorted(mine)
        assert all(nodeid.startswith(f"{key.suite}[{key.model}:") for nodeid in mine)
    firsts = [min(map(shuffled.index, b.cases + b.gates)) for b in made.blocks.values()]
    assert firsts == sorted(firsts)


def test_gates_are_told_from_cases():
    made = plan(["f.py::t[m:r0]", "f.py::t[m:gate:score.at_least]", "f.py::u"], ["m"])
    block = made.blocks[BlockKey("f.py::t", "m")]
    assert (block.cases, block.gates) == (["f.py::t[m:r0]"], ["f.py::t[m:gate:score.at_least]"])
