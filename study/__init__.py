"""This project's own study: its grid, tuning, archive and reproduction.

Read first: `grid`, which runs it; then `tuning`, `recovery`, `archive` and `reproduction`.
"""
