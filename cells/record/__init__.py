"""The record of a cell: its directory, lock, log, scores, failures and export.

Reading order: `coordinates` (the place in the grid), `directory` (who may write, whether it is
finished), `lock`, `scores`, then the others.
"""
