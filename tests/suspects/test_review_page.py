"""The page to review suspect labels, in a real browser, on wide and narrow screens."""

import json

import pytest
from small_collection import write_jsonl, write_small_collection

from data import Cache, open_folder
from suspects.decisions import Decision, read_decisions
from suspects.review.page import write_review
from suspects.suspicion import Suspect

HARM = '</script><script>window.harmed = 1</script><img src="x" onerror="window.harmed = 1">'
LONG = "unbroken" * 200


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    base = tmp_path_factory.mktemp("review")
    folder = write_small_collection(base / "tiny")
    lines = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    texts = {each["_id"]: each["text"] for each in lines}
    texts |= {"d0-0": f"{HARM} labelled", "d0-1": f"{HARM} likely", "d1-0": f"{LONG} {LONG}"}
    write_jsonl(folder / "corpus.jsonl", list(texts.items()))
    queries = folder / "queries.jsonl"
    marked = queries.read_text().replace('"text": "', f'"text": {json.dumps(HARM)[:-1]} ', 1)
    queries.write_text(marked)
    return open_folder(str(folder), cache=Cache(base / "cache"))


@pytest.fixture(scope="module")
def review(collection, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "review.html"
    trained = [query_id for query_id in collection.train.queries if query_id != "q0-0"]
    first = ["q0-0"] if "q0-0" in collection.train.queries else []
    chosen = [*first, *trained][:4]
    suspects = [
        Suspect(chosen[0], chosen[0].replace("q", "d"), "d0-1", 9.5, 1),
        Suspect(chosen[1], chosen[1].replace("q", "d"), "d1-0", 3.25, 2),
        Suspect(chosen[2], chosen[2].replace("q", "d"), "", 1.0, 3),
        Suspect(chosen[3], chosen[3].replace("q", "d"), "d2-0", -2.0, 4),
    ]
    write_review(suspects, collection, 86, path)
    return suspects, f"file://{path}"


@pytest.fixture
def page(review, visit):
    return visit(review[1])


def downloaded(page, button, path):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    waiting.value.save_as(path)
    return waiting.value.suggested_filename


def test_the_keyboard_decides_and_both_downloads_are_read_again(page, review, collection, tmp_path):
    suspects = review[0]
    page.keyboard.press("k")
    page.keyboard.press("r")
    page.keyboard.press("r")  # there is nothing to replace the third by
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.keyboard.press("u")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#query").inner_text() == collection.train.queries[suspects[2].query_id]
    assert page.locator("#decided").inner_text() == "3 of 4 decided"
    assert downloaded(page, "Download TSV", tmp_path / "a.tsv") == "decisions-tiny.tsv"
    assert downloaded(page, "Download JSON", tmp_path / "a.json") == "decisions-tiny.json"
    expected = [
        Decision(suspect.query_id, suspect.doc_id, decision, suspect.likely_doc_id)
        for suspect, decision in zip(suspects, ("keep", "replace", "drop"), strict=False)
    ]
    for name in ("a.tsv", "a.json"):
        read = read_decisions(tmp_path / name, collection, collection.train.qrels)
        assert read == expected


def test_the_mouse_decides_and_a_second_visit_remembers(page):
    page.get_by_role("button", name="replace").click()
    page.locator("#list button").nth(3).click()
    page.get_by_role("button", name="drop").click()
    decided = page.locator("#decided")
    for _ in range(20):  # a busy Chromium passes on what a page stored a moment after the call
        page.reload()
        if decided.inner_text() != "0 of 4 decided":
            break
        page.wait_for_timeout(100)
    assert decided.inner_text() == "2 of 4 decided"
    assert page.locator("#list button span:nth-child(2)").all_inner_texts() == [
        "replace",
        "",
        "",
        "drop",
    ]
    replace = page.get_by_role("button", name="replace", exact=False).first
    assert replace.get_attribute("aria-pressed") == "true"


def test_texts_are_shown_as_they_are(page, review, collection):
    first = review[0][0]
    text = collection.documents.text(collection.documents.row("d0-1"))
    assert HARM in text
    assert page.locator("#likely").text_content() == text
    assert page.locator("#query").text_content() == collection.train.queries[first.query_id]
    assert page.locator("main img").count() == 0


def test_nothing_is_clipped(page, clipped):
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        assert clipped(page, "#list, article") == []
    sides = [page.locator("article").nth(side).bounding_box() for side in (0, 1)]
    beside = sides[0]["y"] == sides[1]["y"]
    assert beside == (page.viewport_size["width"] > 760)


def test_a_replacement_is_remembered_for_its_document_only(review, collection, visit, tmp_path):
    """Another judge may propose another document for the same label."""
    suspects, _ = review
    proposed = [suspects[0]._replace(likely_doc_id=doc_id) for doc_id in ("d0-1", "d3-3")]
    page = visit(review[1])
    path = tmp_path / "review.html"
    counts = []
    for suspect in (*proposed, proposed[0]):
        write_review([suspect, suspects[3]], collection, 86, path)
        page.goto(f"file://{path}")
        counts.append(page.locator("#decided").inner_text())
        if len(counts) == 1:
            page.keyboard.press("r")
            page.keyboard.press("d")
            page.wait_for_timeout(300)
    assert counts == ["0 of 2 decided", "1 of 2 decided", "2 of 2 decided"]
