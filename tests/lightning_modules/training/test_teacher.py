import numpy as np
import torch

from evaluation import Run
from lightning_modules.training.teacher import TeacherScores

RUN = Run(
    ["b", "a", "unknown"],
    np.array([[2, 0], [1, -1], [3, 2]]),
    np.array([[9.0, 8.0], [7.0, -np.inf], [1.0, 0.5]], dtype=np.float32),
)


def test_scores_are_found_by_pair_and_missing_ones_are_nan():
    teacher = TeacherScores(RUN, {"a": "", "b": "", "c": ""}, documents=4)
    scores = teacher(torch.tensor([1, 0, 2]), torch.tensor([0, 1, 2]))
    expected = torch.tensor([[8.0, torch.nan, 9.0], [torch.nan, 7.0, torch.nan], [torch.nan] * 3])
    torch.testing.assert_close(scores, expected, equal_nan=True)


def test_a_run_of_other_queries_scores_nothing():
    assert (
        TeacherScores(RUN, {"z": ""}, documents=4)(torch.tensor([0]), torch.tensor([1]))
        .isnan()
        .all()
    )


def test_a_checkpoint_does_not_carry_the_run():
    assert TeacherScores(RUN, {"a": ""}, documents=4).state_dict() == {}
