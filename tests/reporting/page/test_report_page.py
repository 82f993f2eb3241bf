"""The page of a report as a browser reads it: numbers, safety, and what is missing."""

import csv
import re

from page_cells import GRID, HOSTILE, TEXTS
from page_reading import report


def sheet(folder, name, *keys):
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}


def test_results_can_be_computed_from_groups_csv(page, folder):
    groups = sheet(folder, "groups", "dataset", "ratio", "loss", "measure")
    rows = page.content["tables"]["results"]["rows"]
    references = [row for row in rows if row[4] in {"BM25", "untrained"}]
    rows = [row for row in rows if row not in references]
    assert [row[5:7] for row in references[:2]] == [
        [None, [0.3, None, False, 0]],
        [None, [0.1, None, False, 0]],
    ]
    assert (len(rows), len(references)) == (18, 12)
    for dataset, _, _, ratio, loss, seeds, *scores in rows:
        for measure, (mean, sd, best, mark) in zip(GRID.measures, scores, strict=True):
            found = groups[dataset, str(ratio), loss, measure]
            assert (mean, sd, seeds) == (
                round(float(found["mean"]), 4),
                round(float(found["sd"]), 4),
                len(found["seeds"].split()),
            )
            rivals = [
                float(row["mean"])
                for key, row in groups.items()
                if key[:2] == (dataset, str(ratio)) and key[3] == measure
            ]
            assert best == (mean == round(max(rivals), 4))
            assert mark in {-1, 0, 1}


def test_comparisons_can_be_computed_from_comparisons_csv(page, folder):
    found = sheet(folder, "comparisons", "family", "measure", "dataset", "ratio", "loss", "other")
    rows = page.content["tables"]["comparisons"]["rows"]
    assert len(rows) == len(found)
    verdicts = {"True": {1: "better", -1: "worse"}}
    for (
        family,
        measure,
        dataset,
        _,
        _,
        ratio,
        loss,
        other,
        verdict,
        difference,
        interval,
        holm_t,
        _,
        p_t,
        _,
        d,
        counts,
    ) in rows:
        row = found[family, measure, dataset, str(ratio), loss, other]
        assert difference == round(float(row["difference"]), 4)
        assert interval == [round(float(row["low"]), 4), round(float(row["high"]), 4)]
        assert (holm_t, p_t) == (
            float(f"{float(row['holm_t']):.3g}"),
            float(f"{float(row['p_t']):.3g}"),
        )
        assert d == round(float(row["effect_size"]), 4)
        assert counts == [int(row[name]) for name in ("wins", "ties", "losses")]
        sign = 1 if float(row["difference"]) > 0 else -1
        assert verdict == verdicts.get(row["significant"], {}).get(sign, "not significant")


def test_robustness_and_ranks_can_be_computed_from_their_csv_files(page, folder):
    curves = sheet(folder, "curves", "measure", "dataset", "loss", "ratio")
    for measure, dataset, _, _, loss, area, clean, ratio, last, retention in page.content["tables"][
        "robustness"
    ]["rows"]:
        end, begin = (
            curves[measure, dataset, loss, str(ratio)],
            curves[measure, dataset, loss, "0.0"],
        )
        assert [area, last, retention] == [
            round(float(end[name]), 4) for name in ("area", "mean", "retention")
        ]
        assert clean == round(float(begin["mean"]), 4)
    ranks = sheet(folder, "ranks", "measure", "loss")
    for measure, loss, place, conditions, *_ in page.content["tables"]["ranks"]["rows"]:
        assert (place, conditions) == (
            round(float(ranks[measure, loss]["mean_rank"]), 4),
            int(ranks[measure, loss]["conditions"]),
        )


def test_the_summary_says_what_the_csv_files_say(page, folder):
    groups = sheet(folder, "groups", "dataset", "ratio", "loss", "measure")
    curves = sheet(folder, "curves", "measure", "dataset", "loss", "ratio")
    found = sheet(folder, "comparisons", "family", "measure", "dataset", "ratio", "loss")
    assert (
        "54 finished cells: collections other and toy; model static; 3 losses; noise semantic at "
        "ratios 0, 0.2 and 0.4; 3 seeds." in page.text
    )
    value = float(groups["toy", "0.4", "label_weakening", "nDCG@10"]["mean"])
    assert re.search(
        rf"toy, static, semantic: by nDCG@10, .*label_weakening.* at .*0\.4 \({value:.3f}\)",
        page.text,
    )
    kept = float(curves["nDCG@10", "toy", "label_weakening", "0.4"]["retention"])
    assert f"at ratio 0.4, label_weakening keeps {kept:.1%} of its clean nDCG@10" in page.text
    against = [
        row
        for key, row in found.items()
        if key[:2] == ("baseline", "nDCG@10") and key[4] == "label_weakening"
    ]
    below = sum(float(row["difference"]) < 0 for row in against)
    above = sum(float(row["difference"]) > 0 for row in against)
    significant = sum(
        row["significant"] == "True" for row in against if float(row["difference"]) > 0
    )
    assert (
        "Under 6 conditions, label_weakening has a higher nDCG@10 than cross_entropy in "
        f"{above} ({significant} of them significantly) and a lower one in {below or 'none'}"
        in page.text
    )


def test_the_drill_down_shows_values_documents_and_corrupted_labels(page, folder):
    assert len(TEXTS["d0"]) > 300  # long enough to be cut
    drill = page.content["queries"]
    condition = next(
        found for found in drill["conditions"] if (found["dataset"], found["ratio"]) == ("toy", 0.4)
    )
    assert condition["losses"] == ["label_weakening", "cross_entropy", "elr"]
    collection = drill["collections"]["toy"]
    documents = collection["documents"]
    values = sheet(folder / "per_query", "toy", "measure", "ratio", "loss")
    gains = []
    for query in condition["queries"]:
        means = [float(values["nDCG@10", "0.4", loss][query["id"]]) for loss in condition["losses"]]
        assert [mean for mean, _ in query["values"]] == [round(mean, 6) for mean in means]
        gains.append(means[0] - means[1])
        shift = int(query["id"][1:]) + len("label_weakening") + condition["seed"]
        assert [documents[place][0] for place in query["runs"][0]] == [
            f"d{(shift + rank) % 12}" for rank in range(5)
        ]
        assert [documents[place][0] for place in query["relevant"]] == [
            query["id"].replace("q", "d")
        ]
    assert gains == sorted(gains, reverse=True)
    inserted = next(place for place, (doc_id, _) in enumerate(documents) if doc_id == "d0")
    number, label = condition["audit"][str(inserted)]
    assert (number, label[0], collection["train"][label[1]]) == (
        1,
        "inserted",
        ["t0", "a training query <i>"],
    )
    assert documents[label[2]][0] == "d9"
    assert documents[inserted][1].startswith(HOSTILE.replace(" \u2028", ""))
    assert len(documents[inserted][1]) == 300


def test_texts_cannot_become_parts_of_the_page(page):
    assert page.tags.count("script") == 4  # the data and three files of ours
    assert "img" not in page.tags
    assert "window.harmed" in page.scripts[0]  # the document is there, as data
    assert not any("harmed" in script for script in page.scripts[1:])
    assert "harmed" not in page.text


def test_the_page_needs_nothing_from_elsewhere(page, folder):
    assert all(
        reference.startswith(("#", "data:")) or (folder / reference).is_file()
        for reference in page.references
    )
    assert not re.search(
        r"url\((?!#)|@import|https?://(?!www\.w3\.org)",
        (folder / "index.html").read_text(encoding="utf-8"),
    )


def test_the_same_cells_give_the_same_page(outputs, folder, tmp_path):
    report(outputs, tmp_path / "again")
    assert (tmp_path / "again/index.html").read_bytes() == (folder / "index.html").read_bytes()


def test_configurations_are_shown_by_what_differs(page):
    assert "loss elr losses.elr" not in page.text
    assert "loss : 3 values" in page.text
    assert "loss: _target_: losses.elr" in page.text
    assert "noise: K: 100" in page.text
