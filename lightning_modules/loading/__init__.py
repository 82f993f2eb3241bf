"""Building and saving networks, from scratch, from a hub or from a folder.

Reading order: `builders` (what conf/model names), `backbone` (Hugging Face models), `layout` (the
folder of an export), `saved` and `pretrained` (reading it).
"""
