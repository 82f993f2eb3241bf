"""The model card of an export: metadata that the hub reads, and sentences that are true."""

import pytest
from cell_runs import composed
from exported_models import SCORES
from huggingface_hub import ModelCard

from cells.record.model_card import model_card


def card(*overrides, **changed):
    return ModelCard(model_card(composed(*overrides), SCORES | changed))


def test_the_hub_reads_base_model_task_and_scores():
    data = card("model=minilm", "model.path=sentence-transformers/all-MiniLM-L12-v2").data
    assert data.base_model == "sentence-transformers/all-MiniLM-L12-v2"
    assert data.pipeline_tag == "sentence-similarity"
    assert data.library_name == "sentence-transformers"
    assert [(found.metric_name, found.metric_value) for found in data.eval_results] == [
        ("nDCG@10", 0.5),
        ("untrained nDCG@10", 0.25),
    ]
    assert {found.dataset_type for found in data.eval_results} == {"demo"}


@pytest.mark.parametrize(
    ("overrides", "base", "task"),
    [
        (["model=static"], None, "sentence-similarity"),
        (["model=minilm"], "sentence-transformers/all-MiniLM-L6-v2", "sentence-similarity"),
        (["model=cross_encoder", "model.path=."], None, "text-ranking"),
    ],
)
def test_a_base_model_is_named_only_if_the_hub_can_have_it(overrides, base, task):
    found = card(*overrides).data
    assert (found.base_model, found.pipeline_tag) == (base, task)


@pytest.mark.parametrize(
    ("noise", "sentence"),
    [
        ({"model": "semantic", "corrupted": 0, "units": 9}, "and none was corrupted."),
        ({"model": "natural", "corrupted": 3, "units": 9}, "are the noisy ones of the collection"),
        ({"model": "clean_pairs", "corrupted": 3, "units": 9}, "3 (33.3%) were left out"),
        ({}, "is not known"),
    ],
)
def test_nothing_is_called_corrupted_on_purpose_that_was_not(noise, sentence):
    text = card("model=static", noise=noise).text
    assert sentence in text
    assert "on purpose" not in text


def test_training_from_scratch_has_no_base_model_to_license():
    text = card("model=static").text
    assert "from scratch" in text
    assert "derived from the collection: its licence applies" in text
