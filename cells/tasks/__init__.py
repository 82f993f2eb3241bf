"""The tasks that `task=` can name, one module for each choice in conf/task.

Read first: `train`, the main task; the others do parts of it, except `status`.
"""
