"""What a cell is trained on: token ids, noisy judgements, negatives, validation labels."""
