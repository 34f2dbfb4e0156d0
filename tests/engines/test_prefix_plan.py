"""The plan is checked by walking it: every row must be found, whole and in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.engines.prefix_plan import Drop, Pass, common, groups, plan

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=12).map(tuple)
ROWS = st.lists(TOKENS, min_size=1, max_size=12, unique=True)


def walk(made, rows, scored):
    """Return, per row, the token path of each scored position that the plan computes."""
    trunk: list[list[int]] = []
    seen = {i: {} for i in range(len(rows))}
    finished = []
    for step in made.steps:
        if isinstance(step, Drop):
            trunk.pop()
            continue
        kept = [token for part in trunk for token in part]
        assert step.depth == len(kept)
        for row, first, indices in step.spots:
            for position, index in enumerate(indices, first):
                path = [k for k in range(len(step.tokens)) if k <= index < step.ends[k]]
                assert [step.positions[k] for k in path] == list(range(step.depth, position + 1))
                assert position not in seen[row]
                seen[row][position] = (*kept, *(step.tokens[k] for k in path))
        finished += step.rows
        if step.keep:
            trunk.append(step.tokens)
    assert not trunk
    assert sorted(finished) == list(range(len(rows)))
    return seen


@settings(deadline=None)
@given(ROWS, st.integers(1, 30), st.integers(1, 4), st.data())
def test_every_scored_position_sees_exactly_its_own_past(rows, budget, trunk, data):
    scored = [data.draw(st.integers(1, len(row))) for row in rows]
    made = plan(rows, scored, budget, trunk)
    seen = walk(made, rows, scored)
    for row, (tokens, count) in enumerate(zip(rows, scored, strict=True)):
        wanted = range(len(tokens) - count, len(tokens))
        assert seen[row] == {at: tokens[: at + 1] for at in wanted}


@settings(deadline=None)
@given(ROWS, st.integers(1, 30), st.integers(1, 4))
def test_passes_keep_to_the_budget_and_never_cost_more_than_whole_rows(rows, budget, trunk):
    made = plan(rows, [1] * len(rows), budget, trunk)
    assert made.tokens <= made.plain_tokens
    for step in made.steps:
        if isinstance(step, Pass) and len(step.rows) > 1:
            assert len(step.tokens) <= budget


def test_few_shot_block_once_question_once_and_single_token_choices_free():
    shots = tuple(range(100, 140))
    questions = [(*shots, 7, q, q + 1, q + 2) for q in range(10)]
    made = plan(questions, [1] * 10, budget=16)
    assert made.plain_tokens == 10 * 44
    assert made.tokens <= 41 + 10 * 3
    assert made.steps[0].keep
    assert len(made.steps[0].tokens) == 41


def test_a_block_that_fits_in_one_pass_is_one_pass():
    made = plan([(1, 2, 3), (1, 2, 4, 5), (1, 9)], [1, 2, 1], budget=100)
    (only,) = made.steps
    assert only.tokens == [1, 2, 3, 4, 5, 9]
    assert only.ends == [6, 5, 3, 5, 5, 6]


@settings(deadline=None)
@given(ROWS, st.integers(1, 9))
def test_groups_cover_every_token_once_with_its_ancestors(rows, cap):
    (step,) = plan(rows, [1] * len(rows), budget=10**6).steps
    covered = []
    for group in groups(step.ends, cap):
        assert group.stop - group.start <= cap
        covered += range(group.start, group.stop)
        visible = {*group.before, *range(group.start, group.stop)}
        for q in range(group.start, group.stop):
            assert {k for k in range(q + 1) if q < step.ends[k]} <= visible
    assert sorted(covered) == list(range(len(step.tokens)))


@given(TOKENS, TOKENS)
def test_common_prefix(a, b):
    n = common(a, b)
    assert a[:n] == b[:n]
    assert n == min(len(a), len(b)) or a[n] != b[n]
