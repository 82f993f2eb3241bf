"""Every reference case: losses of rows and their gradient, against values without torch."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import losses
from losses import Candidates, Loss, pointwise_view
from losses.stateful.elr import elr_regularizer
from losses.weakening.thresholds import half_cosine

GOLDEN = json.loads((Path(__file__).parents[1] / "fixtures" / "golden.json").read_text())
CASES = {case["id"]: case for case in GOLDEN["cases"]}

Parameters = dict[str, float]


def weighted(*terms: tuple[float, Loss]) -> Loss:
    return losses.WeightedSum([{"weight": weight, "loss": loss} for weight, loss in terms])


def weakening(p: Parameters, **options: object) -> Loss:
    return losses.LabelWeakening(
        alpha=p["alpha"],
        threshold=losses.ConstantThreshold(p["beta"]),
        bound=None,
        warmup=0.0,
        **options,
    )


LOSSES: dict[str, Callable[[Parameters], Loss]] = {
    "ce": lambda _: losses.CrossEntropy(),
    "mse": lambda _: losses.Brier(),
    "mae": lambda _: losses.MeanAbsoluteError(),
    "focal": lambda p: losses.Focal(p["gamma"]),
    "focal_detached": lambda p: losses.Focal(p["gamma"], detach=True),
    "label_smoothing": lambda p: losses.LabelSmoothing(p["eps"]),
    "label_relaxation": lambda p: losses.LabelRelaxation(p["alpha"]),
    "label_weakening": weakening,
    "label_weakening_b06": weakening,
    "label_weakening_b03": weakening,
    "label_weakening_soft": lambda p: weakening(p, softness=p["gamma"]),
    "label_weakening_prior_pos": lambda p: weakening(
        p, confidence=losses.PriorCorrectedConfidence(p["r"])
    ),
    "label_weakening_per_positive": lambda p: weakening(p, positives="per_positive"),
    "label_weakening_disjunctive": lambda p: weakening(p, positives="disjunctive"),
    "label_weakening_graded": lambda p: weakening(p, positives="graded"),
    "label_weakening_graded_noconf": lambda p: weakening(p, positives="graded"),
    "bootstrap_soft": lambda p: losses.BootstrapSoft(p["lam"]),
    "bootstrap_soft_grad": lambda p: losses.BootstrapSoft(p["lam"], detach=False),
    "bootstrap_hard": lambda p: losses.BootstrapHard(p["lam"]),
    "gce": lambda p: losses.GeneralizedCrossEntropy(p["q"]),
    "truncated_gce": lambda p: losses.TruncatedGeneralizedCrossEntropy(p["q"], p["k"]),
    "rce": lambda _: losses.ReverseCrossEntropy(1e-4),
    "sce": lambda p: weighted(
        (p["alpha"], losses.CrossEntropy()), (p["beta"], losses.ReverseCrossEntropy())
    ),
    "nce": lambda _: losses.NormalizedCrossEntropy(None),
    "nce_rce": lambda p: weighted(
        (p["alpha"], losses.NormalizedCrossEntropy(None)), (p["beta"], losses.ReverseCrossEntropy())
    ),
    "nce_mae": lambda p: weighted(
        (p["alpha"], losses.NormalizedCrossEntropy(None)), (p["beta"], losses.MeanAbsoluteError())
    ),
    "agce": lambda p: losses.AsymmetricGeneralizedCrossEntropy(p["a"], p["q"]),
    "aul": lambda p: losses.AsymmetricUnhinged(p["a"], p["q"]),
    "nce_agce": lambda p: weighted(
        (p["alpha"], losses.NormalizedCrossEntropy(None)),
        (p["beta"], losses.AsymmetricGeneralizedCrossEntropy(p["a"], p["q"])),
    ),
    "nce_aul": lambda p: weighted(
        (p["alpha"], losses.NormalizedCrossEntropy(None)),
        (p["beta"], losses.AsymmetricUnhinged(p["a"], p["q"])),
    ),
    "taylor_ce": lambda p: losses.TaylorCrossEntropy(int(p["order"])),
    "taylor_ce_o6": lambda p: losses.TaylorCrossEntropy(int(p["order"])),
    "phuber_ce": lambda p: losses.PHuberCrossEntropy(p["tau"]),
    "phuber_ce_t2": lambda p: losses.PHuberCrossEntropy(p["tau"]),
    "js": lambda p: losses.JensenShannon(p["pi1"]),
    "cores": lambda p: losses.Cores(p["beta"], sieve_from=None),
    "ccr": lambda p: losses.Cores(p["beta"], sieve_from=None),
    "dal": lambda p: losses.DynamicsAware(q_end=p["q"]),
    "rince": lambda p: losses.Rince(p["q"], p["lam"]),
    "rince_q05": lambda p: losses.Rince(p["q"], p["lam"]),
    "dcl": lambda p: losses.DebiasedContrastive(p["tau_plus"], p["logmin"]),
    "hcl": lambda p: losses.HardNegativeContrastive(p["tau_plus"], p["beta"], p["logmin"]),
    "ranknet": lambda _: losses.RankNet(),
    "pairwise_hinge": lambda p: losses.Hinge(p["margin"]),
    "listnet": lambda _: losses.ListNet(),
    "listmle": lambda _: losses.ListMLE(),
    "lambdaloss_ndcg2pp": lambda p: losses.LambdaLoss(p["mu"], p["sigma"]),
    "marginmse": lambda _: losses.MarginMSE(),
    "kl_distill": lambda p: losses.KLDistillation(p["T"]),
    "multipos_each": lambda _: losses.CrossEntropy("per_positive"),
    "multipos_joint": lambda _: losses.CrossEntropy("disjunctive"),
}


def per_row(case: dict, batch: Candidates) -> Tensor:
    """Loss of each row for a reference case; early-learning regularisation gets a given past."""
    if case["loss"] == "elr":
        p = case["params"]
        uniform = batch.mask.to(batch.scores.dtype) / batch.mask.sum(-1, keepdim=True)
        today = batch.scores.detach().masked_fill(~batch.mask, -torch.inf).softmax(-1)
        average = p["beta"] * uniform + (1 - p["beta"]) * today
        values: Tensor = losses.CrossEntropy()(batch).values
        return values + p["lam"] * elr_regularizer(batch.scores, average, batch.mask)
    return LOSSES[case["loss"]](case["params"])(batch._replace(progress=1.0)).values


def candidates(case: dict, dtype: torch.dtype) -> tuple[Tensor, Candidates]:
    """The scores that take the gradient, and the batch built from them."""
    given = GOLDEN["inputs"][case["input"]]
    if "s" in given:
        scores = torch.tensor(given["s"], dtype=dtype, requires_grad=True)
        labels = torch.tensor(given["y"], dtype=dtype)[:, None]
        return scores, pointwise_view(
            Candidates(scores[:, None], labels, torch.ones_like(labels, dtype=torch.bool))
        )
    scores = torch.tensor(given["z"], dtype=dtype, requires_grad=True)
    mask = torch.tensor(given["m"], dtype=torch.bool)
    teacher = torch.tensor(given["teacher"], dtype=dtype) if "teacher" in given else None
    chosen = case["params"].get("positive", given.get("y"))
    targets = (
        torch.tensor(given["g"], dtype=dtype)
        if chosen is None
        else torch.eye(scores.shape[-1], dtype=dtype)[chosen]
    )
    return scores, Candidates(scores, targets, mask, teacher=teacher)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_golden(name: str, dtype: torch.dtype) -> None:
    case = CASES[name]
    scores, batch = candidates(case, dtype)
    rows = per_row(case, batch)
    (gradient,) = torch.autograd.grad(rows.mean(), scores)
    loss_tolerance, gradient_tolerance = (1e-9, 1e-7) if dtype == torch.float64 else (1e-5, 1e-5)
    expected, expected_gradient = (
        torch.tensor(case["per_row"], dtype=dtype),
        torch.tensor(case["grad_mean"], dtype=dtype),
    )
    if case["loss"] == "listmle":  # the reference code orders ties by their place; see below
        untied = [len(set(row)) == len(row) for row in grades_of(case)]
        rows, gradient = rows[untied], gradient[untied]
        expected, expected_gradient = expected[untied], expected_gradient[untied]
        assert sum(untied) == 2
    relative = 0.0 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(rows, expected, atol=loss_tolerance, rtol=relative)
    torch.testing.assert_close(gradient, expected_gradient, atol=gradient_tolerance, rtol=relative)


def test_every_case_is_covered() -> None:
    assert len(CASES) == 152
    assert {case["loss"] for case in CASES.values()} == LOSSES.keys() | {"elr"}


def grades_of(case: dict) -> list[list[int]]:
    """The grades of each row's candidates."""
    given = GOLDEN["inputs"][case["input"]]
    return [
        [grade for grade, real in zip(*row, strict=True) if real]
        for row in zip(given["g"], given["m"], strict=True)
    ]


def test_listmle_of_tied_grades() -> None:
    """Each positive is chosen before all lower grades, by a loop over rows with ties."""
    (case,) = (case for case in CASES.values() if case["loss"] == "listmle")
    _, batch = candidates(case, torch.float64)
    rows = losses.ListMLE()(batch).values.tolist()
    for row, grades in enumerate(grades_of(case)):
        z = batch.scores[row].tolist()
        expected = sum(
            math.log(
                sum(math.exp(z[j] - z[i]) for j in range(len(grades)) if j == i or grades[j] < g)
            )
            for i, g in enumerate(grades)
            if g > 0
        )
        assert rows[row] == pytest.approx(expected, abs=1e-9)


def test_cosine_threshold() -> None:
    expected = GOLDEN["extra"]["cosine_beta"]
    found = [
        half_cosine(expected["b0"], expected["b1"], step / expected["T"])
        for step in range(expected["T"] + 1)
    ]
    assert found == pytest.approx(expected["values"], abs=1e-12)
