"""A loss of this project inside sentence-transformers."""

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import TrainerState

import losses
from losses.wrappers.robust_ranking_loss import Progress, RobustRankingLoss

WORDS = ["red", "green", "blue", "fast", "slow", "small", "large", "old", "new", "cold"]
COLUMNS = (
    ["red fast", "green slow", "blue small", "old cold"],
    ["red small", "green new", "blue large", "cold slow"],
    ["fast new", "slow old", "small cold", "red"],
)


@pytest.fixture
def model() -> SentenceTransformer:
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}))
    tokenizer.pre_tokenizer = Whitespace()
    torch.manual_seed(0)
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")


def judged(loss: torch.nn.Module, model: SentenceTransformer) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of the batch and its gradient."""
    model.zero_grad()
    features = [model.preprocess(column) for column in COLUMNS]
    value = loss(features, torch.empty(0))
    value.backward()
    (weight,) = model.parameters()
    return value.detach(), weight.grad.clone()


def test_with_cross_entropy_it_is_multiple_negatives_ranking(model: SentenceTransformer) -> None:
    ours = judged(RobustRankingLoss(model, losses.CrossEntropy()), model)
    theirs = judged(MultipleNegativesRankingLoss(model), model)
    torch.testing.assert_close(ours, theirs)


def test_a_schedule_follows_the_trainer(model: SentenceTransformer) -> None:
    loss = RobustRankingLoss(model, losses.LabelWeakening())
    early, _ = judged(loss, model)
    state = TrainerState(global_step=9, max_steps=10, num_train_epochs=2)
    Progress(loss).on_step_begin(None, state, None)
    assert (loss.progress, loss.epochs) == (0.9, 2)
    late, _ = judged(loss, model)
    assert early != late


def test_a_few_steps_fit_the_batch(model: SentenceTransformer) -> None:
    loss = RobustRankingLoss(model, losses.LabelWeakening())
    loss.progress = 0.9
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    before, _ = judged(loss, model)
    for _ in range(20):
        judged(loss, model)
        optimizer.step()
    after, _ = judged(loss, model)
    assert after < 0.2 * before
