"""Reading finished cells and run files.

Read first: `cells` and `filters`; the others read single files of a cell, and `system_runs` runs
of other systems.
"""
