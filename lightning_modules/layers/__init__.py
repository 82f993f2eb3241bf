"""What networks are built from: chunks, pooling, token and word vectors."""
