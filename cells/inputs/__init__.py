"""The inputs of a cell's training: token ids, noisy judgements, negatives, validation labels.

Read first: `training_inputs`, which opens the collection, corrupts its labels, mines negatives and
makes the examples with the help of the others.
"""
