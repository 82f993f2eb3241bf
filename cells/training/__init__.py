"""From prepared inputs to a trained network: devices, precision, checkpoints, evaluation."""
