"""The tasks that `task=` can name, one module for each choice in conf/task."""
