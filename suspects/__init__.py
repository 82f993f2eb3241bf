"""Which training labels look wrong: evidence against each pair, its review, and cleaned labels.

Reading order: `folds` (who is judged by which model), `margins` (what a model says of a pair),
`evidence` (one number a pair), `bm25_judge` and `committee` (other judges), `suspicion` (the ranked
list), `decisions` and `cleaning` (what becomes of the labels), `review` (the page), `known_truth`
(how good the list is).
"""
