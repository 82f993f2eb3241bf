"""The engines of BM25, of which `data.runs.bm25` is the face.

`engines` chooses one. `bm25s_index` is bm25s, in memory. For large collections `pieces` counts the
terms of a slice of the documents at a time, `impact_index` merges the slices into one index on disk
and `pruned_search` searches it in threads; `kernel` is the search itself, on the tuples of
`kernel_arrays`.
"""
