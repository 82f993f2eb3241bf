"""From finished cells to conclusions: groups over seeds, significance, ranks, robustness, tables. `report.py` is the command."""
