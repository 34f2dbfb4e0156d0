from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.cases.subset import stratified_subset

PINNED = [6, 20, 47, 72, 92]
clusterings = st.lists(st.sampled_from("abcde"), min_size=1, max_size=80)


def ids_of(clusters):
    return [f"{cluster}-{i:04d}" for i, cluster in enumerate(clusters)]


@settings(deadline=None)
@given(clusterings, st.integers(0, 100), st.integers(0, 5))
def test_size_order_and_proportions(clusters, n, seed):
    chosen = stratified_subset(ids_of(clusters), clusters, n, seed)
    assert len(chosen) == min(n, len(clusters))
    assert chosen == sorted(set(chosen))
    sizes, taken = Counter(clusters), Counter(clusters[i] for i in chosen)
    for cluster, size in sizes.items():
        share = min(n, len(clusters)) * size / len(clusters)
        assert abs(taken[cluster] - share) < 1


@settings(deadline=None)
@given(clusterings, st.integers(0, 80), st.randoms(use_true_random=False))
def test_the_choice_follows_the_ids_not_their_order(clusters, n, random):
    ids = ids_of(clusters)
    order = list(range(len(ids)))
    random.shuffle(order)
    plain = {ids[i] for i in stratified_subset(ids, clusters, n, 0)}
    turned = stratified_subset([ids[i] for i in order], [clusters[i] for i in order], n, 0)
    assert {ids[order[i]] for i in turned} == plain


@settings(deadline=None)
@given(clusterings, st.integers(1, 80))
def test_within_a_cluster_a_larger_subset_holds_the_smaller(clusters, n):
    ids = ids_of(clusters)
    small, large = (set(stratified_subset(ids, clusters, size, 3)) for size in (n, 2 * n))
    for cluster in set(clusters):
        members = {i for i, own in enumerate(clusters) if own == cluster}
        assert (small & members) <= (large & members) or len(small & members) > len(large & members)


def test_the_choice_is_pinned_and_moves_with_the_seed():
    ids = [f"x-{i:04d}" for i in range(100)]
    clusters = ["x"] * 100
    assert stratified_subset(ids, clusters, 5, 0) == PINNED
    assert stratified_subset(ids, clusters, 5, 1) != PINNED


def test_ids_that_repeat_and_missing_clusters_do_no_harm():
    assert len(stratified_subset(["same"] * 10, [None] * 10, 4, 0)) == 4


@pytest.mark.parametrize(("ids", "clusters", "n"), [(["a"], ["x"], -1), (["a"], [], 1)])
def test_impossible_requests_are_refused(ids, clusters, n):
    with pytest.raises(ValueError):
        stratified_subset(ids, clusters, n, 0)
