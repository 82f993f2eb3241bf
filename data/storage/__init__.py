"""Files on disk: the shared cache, texts and token ids as memory-mapped arrays.

Reading order: `atomic_files`, `new_array` and `cache` (how files are written), `ragged` (lists in
one array), `text_store`, `token_store` and `vector_store` (what is stored).
"""
