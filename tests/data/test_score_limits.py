"""Limits on the scores of mined negatives, against a plain loop over pairs."""

from dataclasses import replace

import numpy as np
import pytest

from data import NegativeSampler, TrainingExamples
from data.runs.ranked_lists import ranked_run
from data.storage.ragged import ragged_by_owner
from data.training.negatives import Pairs, negative_pools
from data.training.score_limits import ScoreLimits, allowed_candidates, limited
from errors import InputError

QUERIES, DOCUMENTS, DEPTH = 20, 60, 12
NAMES = [f"q{i}" for i in range(QUERIES)]


def make(sign: float = 1.0):
    """A run and two examples per query; the run lists one positive, and the other not always."""
    rng = np.random.default_rng(3)
    lists = {
        name: [(sign * float(rng.uniform(1, 10)), int(row)) for row in rng.permutation(50)[:DEPTH]]
        for name in NAMES
    }
    run = ranked_run(lists)
    queries = np.repeat(np.arange(QUERIES), 2)
    documents = np.column_stack([run.rows[:, DEPTH // 2], np.full(QUERIES, 55)]).ravel()
    pairs, judged = Pairs(queries, documents), Pairs(np.arange(QUERIES), run.rows[:, 0].copy())
    copies = np.arange(DOCUMENTS)
    pools = negative_pools(pairs, judged, run.rows, n_queries=QUERIES, first_copies=copies)
    return run, TrainingExamples(
        query_rows=queries,
        document_rows=documents,
        grades=np.ones(len(queries), np.float32),
        corrupted=np.arange(len(queries)) % 2 == 1,
        true_documents=np.full(len(queries), -1),
        positives=ragged_by_owner(queries, documents, QUERIES),
        pools=pools,
        first_copies=copies,
    )


def by_hand(run, example: int, limits: ScoreLimits) -> set[int]:
    """Mined documents that a pair may have, without its judged negative."""
    query, own = example // 2, run.rows[example // 2, DEPTH // 2] if example % 2 == 0 else 55
    score = dict(zip(run.rows[query].tolist(), run.scores[query].tolist(), strict=True))
    positive = score.get(own, -float("inf"))
    allowed = set()
    for row, s in score.items():
        if row in (run.rows[query, 0], run.rows[query, DEPTH // 2]):
            continue  # judged, or positive of the query
        margins = [
            s <= positive - m
            for m in (limits.absolute_margin, (limits.relative_margin or 0) * abs(positive))
            if m is not None and positive > -float("inf")
        ]
        given = limits.absolute_margin is not None or limits.relative_margin is not None
        unlisted = given and positive == -float("inf")
        if not unlisted and (not given or all(margins)) and s <= (limits.max_score or np.inf):
            allowed.add(row)
    return allowed


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    "limits",
    [
        ScoreLimits(absolute_margin=0.5),
        ScoreLimits(relative_margin=0.25),
        ScoreLimits(relative_margin=-0.25),
        ScoreLimits(max_score=-4.0),
        ScoreLimits(max_score=4.0),
        ScoreLimits(0.2, 0.1, 3.0),
    ],
)
def test_drawn_negatives_are_exactly_those_within_the_limits(sign, limits):
    run, examples = make(sign)
    within, counts = limited(examples, limits, run, NAMES, wanted=1, fallback="random")
    sampler = NegativeSampler(within, per_example=DEPTH, seed=0)
    for example in range(len(examples)):
        drawn = sampler.sample(np.array([example]), epoch=0)[0].tolist()
        expected = by_hand(run, example, limits)
        judged = run.rows[example // 2, 0]
        assert drawn[0] == judged
        assert set(drawn[1 : 1 + len(expected)]) == expected
    allowed = [len(by_hand(run, example, limits)) + 1 for example in range(len(examples))]
    assert allowed_candidates(within).tolist() == allowed
    assert counts["all"].allowed == sum(allowed) - len(examples)
    assert counts["all"].candidates == len(examples) * (DEPTH - 2)


def test_a_relative_margin_keeps_lower_scores_only_also_where_scores_are_negative():
    ceilings = ScoreLimits(relative_margin=0.05).ceilings(np.array([10, -10], np.float32))
    assert ceilings.tolist() == pytest.approx([9.5, -10.5])


def test_a_pair_whose_positive_the_run_does_not_list_loses_all_that_the_run_lists():
    run, examples = make()
    for limits in (ScoreLimits(absolute_margin=-100.0), ScoreLimits(relative_margin=0.0)):
        within, counts = limited(examples, limits, run, NAMES, wanted=2, fallback="random")
        assert counts["all"].unlisted_positives == QUERIES
        assert counts["corrupted"] == (QUERIES, QUERIES, QUERIES * (DEPTH - 2), 0, QUERIES, QUERIES)
        assert allowed_candidates(within)[1::2].tolist() == [1] * QUERIES  # the judged one


def test_pairs_left_with_too_few_fall_back_as_asked():
    run, examples = make()
    limits = ScoreLimits(absolute_margin=0.0)
    kept, counts = limited(examples, limits, run, NAMES, wanted=2, fallback="keep")
    assert counts["all"].short == QUERIES
    assert allowed_candidates(kept)[1::2].tolist() == [DEPTH - 1] * QUERIES
    dropped, counts = limited(examples, limits, run, NAMES, wanted=2, fallback="drop")
    assert counts["all"].short == QUERIES
    assert (dropped.query_rows.tolist(), dropped.corrupted.any()) == (list(range(QUERIES)), False)
    # what is no example any more is still no negative
    drawn = NegativeSampler(dropped, per_example=20, seed=1).sample(np.arange(QUERIES), 0)
    assert 55 not in drawn


def test_limits_that_leave_no_pair_are_refused():
    run, examples = make()
    with pytest.raises(InputError, match=r"negatives\.fallback=drop: .* all 40 training pairs"):
        limited(examples, ScoreLimits(max_score=-99.0), run, NAMES, wanted=2, fallback="drop")


def test_another_run_s_scores_decide_and_what_it_does_not_list_stays():
    run, examples = make()
    teacher = ranked_run({"q0": [(0.9, int(run.rows[0, 1])), (0.05, int(run.rows[0, 2]))]})
    within, counts = limited(
        examples, ScoreLimits(max_score=0.1), teacher, NAMES, wanted=1, fallback="random"
    )
    # one document, of the two pairs of q0
    assert counts["all"].candidates - counts["all"].allowed == 2
    drawn = NegativeSampler(within, per_example=DEPTH - 2, seed=0).sample(np.array([0]), 0)
    assert int(run.rows[0, 1]) not in drawn


def test_blocks_of_queries_do_not_change_anything(monkeypatch):
    run, examples = make()
    limits = ScoreLimits(relative_margin=0.1)
    whole, _ = limited(examples, limits, run, NAMES, wanted=1, fallback="random")
    monkeypatch.setattr("data.training.score_limits.BLOCK", 3)
    parts, _ = limited(examples, limits, run, NAMES, wanted=1, fallback="random")
    assert np.array_equal(whole.pools.scores, parts.pools.scores)
    assert np.array_equal(allowed_candidates(whole), allowed_candidates(parts))


def test_without_limits_nothing_is_left_out():
    _, examples = make()
    index = np.arange(len(examples))
    drawn = NegativeSampler(examples, per_example=3, seed=0).sample(index, 0)
    endless = replace(
        examples,
        pools=examples.pools._replace(
            scores=np.zeros(len(examples.pools.documents.values), np.float32)
        ),
        ceilings=np.full(len(examples), np.inf, np.float32),
    )
    assert np.array_equal(
        drawn, NegativeSampler(endless, per_example=3, seed=0).sample(index, epoch=0)
    )
