"""Cells in a sweep: one attempt at a cell, the sweep around it, signals and GPUs.

Read first: `attempt` (one cell), `callback` (the sweep), `skip` (finished cells), `leaderboard`
(its end); `signals`, `processes` and `gpus` serve them.
"""
