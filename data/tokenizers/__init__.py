"""Text to token ids: tokenizers learnt from a collection or loaded with an encoder."""
