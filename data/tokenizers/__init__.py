"""Text to token ids: tokenizers learnt from a collection or loaded with an encoder.

Read first: `tokenizer` (the interface), then `wordpiece` (learnt) and `pretrained_tokenizer`.
"""
