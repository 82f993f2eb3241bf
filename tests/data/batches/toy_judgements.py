"""A few judged texts, and a run to mine negatives from."""

import numpy as np

from evaluation import Run

N = 12
TEXTS = [f"text {row}" for row in range(N)]
TEXTS[7] = TEXTS[2]  # d7 is a copy of d2
QUERIES = {"q0": "zero", "q1": "one", "q2": "two", "q3": "three"}
QRELS = {
    "q0": {"d2": 2, "d0": 1, "d5": 0},
    "q1": {"d1": 1, "d7": 0, "d6": 0, "d8": -1},
    "q2": {"d2": 1},
    "q3": {"d4": 0},
}
MINED = Run(
    ["q2", "q0", "unknown"],
    np.array([[7, 2, 9, 10], [5, 0, 7, 11], [1, 2, 3, 4]]),
    np.array([[4.0, 3.0, 2.0, 1.0]] * 3, np.float32),
)
