"""Selection of pairs, epsilon-softmax and active negative loss, against formulas in numpy."""

import numpy as np
import pytest
import torch
from loss_batches import diagonal, first_positive
from torch import Tensor

import losses
from losses.selection.gaussian_mixture import probability_of_low

RNG = np.random.default_rng(5)
SCORES = 2 * RNG.standard_normal((6, 5))
TEACHER = 2 * RNG.standard_normal((6, 5))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float64))


def batch(scores: np.ndarray = SCORES, **extras: object) -> losses.Candidates:
    """The first column is labelled; only the first two are the row's own."""
    ids = torch.arange(scores.size).view(scores.shape)
    ids[:, 2:] = -1
    given = {"pair_ids": ids, "teacher": tensor(TEACHER), "progress": 1.0}
    return first_positive(tensor(scores), **(given | extras))


CROSS_ENTROPY = -np.log(softmax(SCORES)[:, 0])


@pytest.mark.parametrize(("m", "alpha", "beta"), [(1e5, 0.01, 5.0), (2.0, 1.0, 0.5), (0.0, 1, 1)])
def test_epsilon_softmax(m: float, alpha: float, beta: float) -> None:
    p = softmax(SCORES)
    raised = (p + m * (p == p.max(-1, keepdims=True))) / (m + 1)
    expected = -alpha * np.log(raised[:, 0]) + beta * (1 - raised[:, 0])
    found = losses.EpsilonSoftmax(m=m, alpha=alpha, beta=beta)(batch()).values
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_epsilon_softmax_tells_predictions_near_certainty_apart_in_single_precision() -> None:
    scores = torch.tensor([[8.0, 0.0], [12.0, 0.0]], requires_grad=True)
    loss = losses.EpsilonSoftmax()
    (gradient,) = torch.autograd.grad(loss(first_positive(scores)).mean(), scores)
    assert (gradient[:, 0] < 0).all()


@pytest.mark.parametrize("size", [None, 10.0])
def test_normalized_negative_cross_entropy(size: float | None) -> None:
    log_p = np.maximum(np.log(softmax(4 * SCORES)), np.log(1e-3))
    height = log_p - np.log(1e-3)
    expected = (1 - height[:, 0] / height.sum(-1)) * (1 if size is None else 5 / size)
    loss = losses.NormalizedNegativeCrossEntropy(smallest=1e-3, reference_size=size)
    np.testing.assert_allclose(loss(batch(4 * SCORES)).values, expected, rtol=1e-9)


@pytest.mark.parametrize(("progress", "kept"), [(0.0, 6), (0.05, 5), (0.1, 4), (1.0, 4)])
def test_small_loss_keeps_the_smallest(progress: float, kept: int) -> None:
    loss = losses.SmallLossSelection(losses.CrossEntropy(), noise_rate=0.25, ramp=0.1)
    output = loss(batch(progress=progress))  # 6, 5.25, 4.5 and 4.5 rows, rounded down
    chosen = np.argsort(CROSS_ENTROPY)[:kept]
    assert output.counted.nonzero().flatten().tolist() == sorted(chosen.tolist())
    assert output.mean().item() == pytest.approx(CROSS_ENTROPY[chosen].mean(), rel=1e-9)
    assert output.decisions.ambiguous.sum() == 6 - kept


def test_small_loss_always_keeps_one() -> None:
    loss = losses.SmallLossSelection(losses.CrossEntropy(), noise_rate=0.9)
    assert loss(batch()).counted.sum() == 1


def em(x: np.ndarray) -> np.ndarray:
    """Responsibilities of the lower of two Gaussians, after many steps of EM from the halves."""
    x = (x - x.min()) / np.ptp(x)
    high = x > 0.5
    r = np.stack([~high, high]).astype(float)
    for _ in range(500):
        weight = r.sum(1)
        mean = (r * x).sum(1) / weight
        variance = (r * (x - mean[:, None]) ** 2).sum(1) / weight + 5e-4
        density = np.exp(-((x - mean[:, None]) ** 2) / (2 * variance[:, None]))
        r = (weight / len(x))[:, None] * density / np.sqrt(variance)[:, None]
        r /= r.sum(0)
    return r[0]


def test_probability_of_the_lower_component_agrees_with_expectation_maximisation() -> None:
    values = np.concatenate([RNG.normal(0.5, 0.2, 300), RNG.normal(4, 0.7, 200)])
    found = probability_of_low(tensor(values)).numpy()
    np.testing.assert_allclose(found, em(values), atol=2e-3)
    assert (found[:300] > 0.5).mean() > 0.99
    assert (found[300:] < 0.5).mean() > 0.99


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 2.0, 2.0]])
def test_losses_that_do_not_differ_are_all_low(values: list[float]) -> None:
    assert probability_of_low(torch.tensor(values)).tolist() == [1.0] * len(values)


def after_an_epoch(loss: losses.Loss) -> losses.Loss:
    """The loss after an epoch in which it met the batch once."""
    loss(batch())
    loss.finish_epoch()
    return loss


def low(values: np.ndarray) -> np.ndarray:
    return probability_of_low(tensor(values)).numpy()


def test_mixture_weights_by_the_probability_after_the_warm_up() -> None:
    loss = losses.LossMixture()
    np.testing.assert_allclose(loss(batch()).values, CROSS_ENTROPY)
    loss.finish_epoch()
    expected = low(CROSS_ENTROPY)
    assert 0 < (expected > 0.5).sum() < 6
    np.testing.assert_allclose(loss(batch()).values, expected * CROSS_ENTROPY)
    assert loss(batch()).counted.all()


def test_mixture_drops_what_is_less_probable() -> None:
    output = after_an_epoch(losses.LossMixture(use="drop"))(batch())
    kept = low(CROSS_ENTROPY) > 0.5
    np.testing.assert_array_equal(output.counted, kept)
    assert output.mean().item() == pytest.approx(CROSS_ENTROPY[kept].mean())
    np.testing.assert_array_equal(output.decisions.ambiguous, ~kept)


def test_a_longer_warm_up_waits() -> None:
    loss = after_an_epoch(losses.LossMixture(warmup_epochs=2))
    np.testing.assert_allclose(loss(batch()).values, CROSS_ENTROPY)
    loss.finish_epoch()
    assert not np.allclose(loss(batch()).values, CROSS_ENTROPY)


def test_pairs_that_were_not_met_are_believed() -> None:
    loss = after_an_epoch(losses.LossMixture())
    others = batch(pair_ids=1000 + torch.arange(SCORES.size).view(SCORES.shape))
    np.testing.assert_allclose(loss.eval()(others).values, CROSS_ENTROPY)


def test_noisy_pair_correction() -> None:
    loss = losses.NoisyPairCorrection(weight=0.5)
    np.testing.assert_allclose(loss(batch()).values, CROSS_ENTROPY)  # before the first mixture
    loss.finish_epoch()
    easy = SCORES[:, [0, 2, 3, 4]]  # the second column is mined
    believed = low(-np.log(softmax(easy)[:, 0])) > 0.5
    assert 0 < believed.sum() < 6
    p, q = softmax(SCORES), softmax(TEACHER)
    divergence = (q * np.log(q / p)).sum(-1)
    expected = np.where(believed, CROSS_ENTROPY, 0) + 0.5 * divergence
    output = loss(batch())
    np.testing.assert_allclose(output.values, expected, rtol=1e-9)
    assert output.counted.all()


def test_without_easy_negatives_the_perplexity_is_among_all() -> None:
    own = batch(pair_ids=torch.arange(SCORES.size).view(SCORES.shape))
    found = losses.selection.pair_correction.easy_perplexity(losses.positive_lists(own))
    np.testing.assert_allclose(found, CROSS_ENTROPY)


@pytest.mark.parametrize("name", ["mixture", "npc"])
def test_a_resumed_selection_goes_on_exactly(name: str) -> None:
    def make() -> losses.Loss:
        return losses.LossMixture() if name == "mixture" else losses.NoisyPairCorrection()

    through, resumed = after_an_epoch(make()), make()
    resumed.load_state_dict(through.state_dict())
    second = diagonal(tensor(SCORES), pair_ids=batch().pair_ids.abs(), teacher=tensor(TEACHER))
    for loss in (through, resumed):
        loss(second)
        loss.finish_epoch()
    assert torch.equal(through(batch()).values, resumed(batch()).values)


@pytest.mark.parametrize(("margin", "relative"), [(0.5, False), (-1.0, False), (0.3, True)])
def test_guided_contrast_drops_what_is_above_the_margin(margin: float, relative: bool) -> None:
    own = TEACHER[:, :1]
    kept = own - margin * (np.abs(own) if relative else 1) >= TEACHER
    kept[:, 0] = True
    expected = -np.log(np.exp(SCORES[:, 0]) / (np.exp(SCORES) * kept).sum(-1))
    loss = losses.GuidedContrastive(guide="teacher", margin=margin, relative=relative)
    np.testing.assert_allclose(loss(batch()).values, expected)
    assert (own < 0).any()


def test_a_lenient_margin_leaves_more_negatives_to_a_wrong_positive() -> None:
    scores = torch.tensor([[0.0, 1.0, 1.5, 9.0]], dtype=torch.float64)
    strict, lenient = (
        losses.GuidedContrastive(margin=margin)(first_positive(scores)).values.item()
        for margin in (0.0, -2.0)
    )
    assert strict == 0.0  # nothing is left to learn from
    assert lenient == pytest.approx(np.log(1 + np.exp(1) + np.exp(1.5)))
