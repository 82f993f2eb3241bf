"""From noisy judgements to batches: examples, negatives, batches and their order."""
