"""The parts of networks: chunks, pooling, token and word vectors.

Read any file alone; `chunks` and `ragged_tensor` serve all networks.
"""
