"""Labels of the tests of bad input."""

DOCUMENTS = {f"d{n}": f"word{n} thing" for n in range(12)}


TRAIN = {"q0": {"d0": 2, "d1": 1}, "q1": {"d2": 1}, "q2": {"d3": 1}, "q3": {"d4": 1}}
