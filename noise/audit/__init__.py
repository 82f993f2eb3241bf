"""The audit: the record of every changed label, with which the change can be undone.

Read first: `row` (one change) and `audit` (the file); the others apply and check rows.
"""
