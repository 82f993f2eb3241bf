"""The choice of the judgements to corrupt, and of their replacements.

Reading order: `order` (the order of corruption), `pair_noise` (noise on single pairs), `relevant`
(what is not wrong), `substitution` (drawing a wrong document).
"""
