"""Stateful losses, which remember (query, document) pairs between epochs."""
