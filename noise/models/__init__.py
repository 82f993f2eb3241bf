"""The noise models, one for each choice of conf/noise.

Read first: `uniform`, the simplest, and `semantic`, the default; each of the others stands alone.
"""
