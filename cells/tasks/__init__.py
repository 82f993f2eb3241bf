"""What `task=` can name: one module a choice of conf/task."""
