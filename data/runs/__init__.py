"""Ranked lists: runs, TREC run files, and the BM25 run that everything can start from."""
