"""From finished cells to conclusions: groups over seeds, tests, ranks, robustness, tables.

Reading order: `reading` (cells and runs from disk), `statistics` (groups, comparisons, ranks),
then what is written: `tables`, `figures`, `page`. `command` runs them for `report.py`.
"""
