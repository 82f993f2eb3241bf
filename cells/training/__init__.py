"""From prepared inputs to a trained network: devices, precision, checkpoints, evaluation.

Read first: `fit` (training) and `evaluator` (scoring); the others serve them.
"""
