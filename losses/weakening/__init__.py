"""Label weakening: the formula (`label_weakening`), then its options.

Read `label_weakening.py` first. `thresholds.py` says when a candidate is plausible, `confidence.py`
in whose eyes; `credal.py` projects on several levels of possibility; `null_candidate.py` adds "none
of these" to a list.
"""
