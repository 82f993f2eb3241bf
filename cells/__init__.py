"""One cell of the grid: its configuration, its directory, its recipe and its log.

Nothing is imported here: `run.py --help` and configuration errors must answer before torch is
loaded.
"""
