"""From a source to a stored collection: reading, checking, splitting, sampling.

Read first: `ingestion`, which calls `splits`, `holdout` and `subsample`; `lines` reads files, and
`problems` counts unusable records.
"""
