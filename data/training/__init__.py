"""From noisy judgements to batches: examples, negatives, batches and their order.

Reading order: `examples`, `negatives` (which documents are possible), `sampling` (which are drawn),
`batch`, `loader` (and `ahead`, its thread); `score_limits` restricts mined negatives.
"""
