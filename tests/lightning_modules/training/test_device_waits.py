"""A training step leaves its results on the device: what waits for it is known, place by place."""

from functools import partial
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from configured_models import batch_of, built, documents
from device_waits import Waits
from fake_device import fake_device
from loss_batches import configured
from tiny_models import save_tiny
from torch.optim import AdamW
from torch.utils.data import DataLoader

from errors import InputError
from evaluation.encode import encode_store
from evaluation.maxsim import MaxSimSearch
from evaluation.search_method import Corpus, Queries, to_device_of
from lightning_modules import Optimization, RankingModule
from lightning_modules.training.optimization import constant_schedule

LOSSES = ("label_weakening", "elr", "mixture")
STEPS = 3
BLOCKS = 2  # of the documents, encoded four tokens at a time
OPTIMIZATION = Optimization(
    partial(AdamW, lr=1e-3, fused=True), partial(constant_schedule, warmup=0.0)
)


TEXTS = {
    "chunks.parts": "the lengths of texts decide how many are encoded together",
    "ragged_tensor.padded": "the longest text of a chunk decides its width",
    "word_vectors.__init__": "each word of a batch is looked up once: how many are there?",
}
PLACES = {
    "adapter": {},
    "static": {},
    "static_wide": {},
    "minilm": TEXTS | {"transformer_encoder.encode": "transformers looks whether texts are padded"},
    "colbert": TEXTS
    | {
        "late_interaction.encode": "transformers looks whether texts are padded",
        "late_interaction._vectors": "only real tokens have vectors",
        "ragged_tensor.take": "texts of different lengths are put in order",
        "token_vectors.maxsim": "the longest document decides the size of a block",
        "elsewhere": "the backward pass of these",
    },
    "cross_encoder": TEXTS
    | {
        "cross_encoder.scores": "the pairs in the mask are counted",
        "pair_template.join": "pairs of different lengths are put together",
        "cross_encoder._logits": "transformers looks whether pairs are padded",
    },
}
PLACES["minilm_2layers"] = PLACES["minilm"]
"""Model -> place that waits in a step -> reason. Shapes that follow texts must reach the host."""
PAIRS = {
    "pair_state.average": "pairs with an id are picked out",
    "pair_state._store": "the table grows by the pairs that are new",
    "pair_state._combine": "a pair may stand twice in a batch",
}
"""The same of the losses that keep a table of pairs."""


class EachStep(pl.Callback):
    """Counts the waits of each step, the optimiser's included."""

    def __init__(self):
        self.counts = []

    def on_train_batch_start(self, *_):
        self._waits = Waits().__enter__()

    def on_train_batch_end(self, *_):
        self._waits.__exit__(None, None, None)
        self.counts.append(set(self._waits.found))


def ranking_module(model, loss, folder):
    return RankingModule(
        built(model, folder).train(),
        configured(loss),
        OPTIMIZATION,
        documents=9,
        query_ids=list("abcde"),
    )


def steps(model, loss, folder):
    """The waits of each of a few training steps, the last of which reads the scores' check."""
    module, each = ranking_module(model, loss, folder), EachStep()
    trainer = pl.Trainer(
        max_steps=STEPS,
        log_every_n_steps=STEPS,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[each],
    )
    trainer.fit(module, DataLoader([batch_of(model)] * STEPS, batch_size=None))
    return each.counts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("model", PLACES)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_waits_for_a_device_only_where_it_must(model, loss, folder):
    *ordinary, reading = steps(model, loss, folder)
    known = PLACES[model] | (PAIRS if configured(loss).needs.pair_ids else {})
    assert ordinary == [known.keys()] * (STEPS - 1)
    assert reading == known.keys() | {"finite_scores.read"}


@pytest.mark.parametrize(
    ("model", "loss"),
    [(model, "label_weakening") for model in PLACES] + [("static", loss) for loss in LOSSES[1:]],
)
def test_a_step_makes_no_tensor_beside_its_device(model, loss, folder):
    module = ranking_module(model, loss, folder)
    module.trainer = trainer = SimpleNamespace(
        log_every_n_steps=STEPS,
        global_step=0,
        estimated_stepping_batches=STEPS,
        num_training_batches=STEPS,
        accumulate_grad_batches=1,
    )
    trainer.optimizers = trainer.loggers = []
    with fake_device() as device, device.holding(module):
        mean = module.training_step(device.moved(batch_of(model)), 0)
        mean.backward()
        assert mean.device.type == device.name
        gradients = {weight.grad.device.type for weight in module.network.parameters()}
        assert gradients == {device.name}


@pytest.mark.parametrize("model", ["static", "minilm"])
def test_encoding_copies_each_block_once(model, folder):
    network, store = built(model, folder).eval(), documents()
    expected = encode_store(store, network.encode_documents, batch_tokens=4)
    with fake_device() as device, device.holding(network), Waits() as waits:
        vectors = encode_store(
            store,
            lambda tokens: network.encode_documents(to_device_of(tokens, network)),
            batch_tokens=4,
        )
    assert vectors == pytest.approx(expected, abs=1e-5)
    assert waits.found.pop("encode.encode_store") == BLOCKS * 2  # .cpu().numpy()
    assert waits.found.keys() == PLACES[model].keys() - {"word_vectors.__init__"}


def test_late_interaction_searches_a_block_with_one_answer_and_the_lengths_of_its_texts(folder):
    network, store = built("colbert", folder).eval(), documents()
    queries, corpus = Queries(dict.fromkeys("abc", ""), store), Corpus(None, store)
    search = MaxSimSearch(exact_up_to=3, first_stage=None, candidates=3)
    answer = partial(search.search, network, queries, corpus, depth=2, batch_tokens=4)
    expected = answer().run
    with fake_device() as device, device.holding(network), Waits() as waits:
        found = answer().run
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.scores == pytest.approx(expected.scores, abs=1e-5)
    assert waits.found["exact_search.merge"] == waits.found["token_vectors.maxsim"] == BLOCKS
    assert waits.found.keys() - PLACES["colbert"].keys() == {
        "exact_search.merge",
        "maxsim._exact",  # are all scores finite? Then scores and rows are copied, at the end
    }


def test_a_score_that_is_not_finite_is_named_later_and_never_stored(folder):
    module = ranking_module("static", "cross_entropy", folder)
    batch, scores = batch_of("static"), torch.zeros(5, 9)
    module.finite.note(6, batch.query_rows, scores, batch.mask)
    scores[0, ~batch.mask[0]] = torch.nan  # no candidate
    module.finite.note(7, batch.query_rows, scores, batch.mask)
    module.finite.read()
    scores[torch.arange(1, 4, 2), batch.positive_columns[1:4:2]] = torch.inf
    module.finite.note(8, batch.query_rows, scores, batch.mask)
    module.finite.note(9, batch.query_rows, scores * torch.nan, batch.mask)
    with pytest.raises(InputError, match=r"training step 8, queries b, d: .* rows \[1, 3\]"):
        module.on_save_checkpoint({})
