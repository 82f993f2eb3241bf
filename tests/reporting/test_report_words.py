"""Words around numbers on the page of a report."""

from reporting.words import counted, listed, ratio_name


def test_words():
    assert [listed([]), listed(["a"]), listed("ab"), listed("abc")] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert [counted(1, "loss"), counted(2, "loss"), counted(2, "query"), counted(1200, "cell")] == [
        "1 loss",
        "2 losses",
        "2 queries",
        "1,200 cells",
    ]
    assert [ratio_name(ratio) for ratio in (0.0, 0.4, 1.0)] == ["0", "0.4", "all"]
