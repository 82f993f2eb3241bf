"""Files on disk: the shared cache, texts and token ids as memory-mapped arrays."""
