"""Encoders and decoders beyond BERT, tiny and random: precision, padding, pairs, refusals."""

import json
from pathlib import Path

import pytest
import torch
import transformers
from configured_models import built, config, documents
from exported_models import SCORES
from hydra.utils import instantiate
from tiny_models import SPECIAL, VOCABULARY, ragged, random_batch, save_tiny, tiny_tokenizer

from cells.configuration.startup_checks import check
from cells.record.export import export
from data.tokenizers.pretrained_tokenizer import pretrained_tokenizer
from errors import InputError
from lightning_modules.loading.backbone import load_backbone

SIZE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "initializer_range": 0.5,
}
IDS = {
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "cls_token_id": 2,
    "sep_token_id": 3,
}
WITHOUT_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
CONFIGS = {
    "bert": ("BertConfig", SIZE | WITHOUT_DROPOUT),
    "roberta": ("RobertaConfig", SIZE | WITHOUT_DROPOUT | {"pad_token_id": 0}),
    "deberta": ("DebertaV2Config", SIZE | WITHOUT_DROPOUT | {"relative_attention": True}),
    "modernbert": ("ModernBertConfig", SIZE | IDS),
    "qwen3": ("Qwen3Config", SIZE | {"head_dim": 8, "num_key_value_heads": 2}),
    "gpt2": (
        "GPT2Config",
        {"vocab_size": VOCABULARY, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64}
        | {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "initializer_range": 0.5}
        | {"bos_token_id": 3, "eos_token_id": 3},
    ),
    "llama": ("LlamaConfig", SIZE | {"num_key_value_heads": 2}),
    "albert": ("AlbertConfig", SIZE | WITHOUT_DROPOUT | {"embedding_size": 8}),
    "mpnet": ("MPNetConfig", SIZE | WITHOUT_DROPOUT | {"pad_token_id": 0}),
    "t5": (
        "T5Config",
        {"vocab_size": VOCABULARY, "d_model": 16, "d_kv": 8, "num_layers": 1, "num_heads": 2}
        | {"d_ff": 32},
    ),
}
PAIRED = ["bert", "roberta", "deberta", "modernbert", "qwen3", "gpt2", "llama"]


def save(family, folder, *, classifier=False, padding=True, dtype=torch.float32):
    """Writes a tiny random model of a family and a tokenizer of words."""
    name, settings = CONFIGS[family]
    kind = transformers.AutoModelForSequenceClassification if classifier else transformers.AutoModel
    with torch.random.fork_rng():
        torch.manual_seed(0)
        number = {"num_labels": 1} if classifier else {}
        model = kind.from_config(getattr(transformers, name)(**settings, **number))
    model.to(dtype).save_pretrained(folder)
    tokenizer = tiny_tokenizer()
    if not padding:
        tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", PAIRED)
def test_pairs_get_the_same_score_with_and_without_gradients(family, tmp_path):
    folder = save(family, tmp_path, classifier=True)
    network = built("cross_encoder", folder).eval()
    queries, texts = ragged([[5, 6], [7, 8, 9]]), ragged([[10], [11, 12, 0, 13, 14, 15], [16, 0]])
    pairs = torch.cartesian_prod(torch.arange(2), torch.arange(3))
    with_gradients = network.pair_scores(queries, texts, pairs)
    with torch.inference_mode():
        without = network.pair_scores(queries, texts, pairs)
        alone = torch.cat([network.pair_scores(queries, texts, pair[None]) for pair in pairs])
    torch.testing.assert_close(with_gradients, without, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(without, alone, atol=1e-4, rtol=1e-4)
    assert without.std() > 1e-3  # they do say something


@pytest.mark.parametrize("family", [*PAIRED, "mpnet"])
def test_a_text_with_a_literal_padding_token_gets_one_vector(family, tmp_path):
    network = built("minilm", save(family, tmp_path)).eval()
    texts = ragged([[5, 0, 6, 7], [8], [9, 10, 0, 0, 11, 12]])
    with_gradients = network.encode_documents(texts)
    with torch.inference_mode():
        without = network.encode_documents(texts)
    torch.testing.assert_close(with_gradients, without, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("model", ["minilm", "colbert", "cross_encoder"])
def test_half_precision_files_train_in_single_precision(model, dtype, tmp_path):
    network = built(model, save("bert", tmp_path, classifier=model == "cross_encoder", dtype=dtype))
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-6, weight_decay=0.0)
    network.scores(random_batch(framed=model != "cross_encoder")).square().sum().backward()
    optimizer.step()
    moved = {
        name: (weight != before[name])[weight.grad.abs() > 1e-6]
        for name, weight in network.named_parameters()
    }
    assert torch.cat(list(moved.values())).float().mean() > 0.9


def test_a_tokenizer_without_padding_gets_a_token_for_it_and_its_export_pads(tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = save("gpt2", tmp_path / "gpt2", padding=False)
    tokenizer = pretrained_tokenizer(str(folder))
    assert tokenizer.pad_token == SPECIAL[1]
    cfg = config("minilm", folder, "model.network.pooling=last")
    network = instantiate(cfg.model.network)(tokenizer=tokenizer, documents=documents(), seed=0)
    assert network.encoder.backbone.config.pad_token_id == 1
    export(cfg, network.eval(), tokenizer, tmp_path / "export", SCORES)
    model = sentence_transformers.SentenceTransformer(str(tmp_path / "export"), device="cpu")
    together = torch.tensor(model.encode(["a", "a b c"], show_progress_bar=False))
    alone = torch.cat(
        [torch.tensor(model.encode([text], show_progress_bar=False)) for text in ("a", "a b c")]
    )
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_an_exported_decoder_re_ranks_alike_in_sentence_transformers(tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from exported_models import TEXTS, our_scores

    folder = save("llama", tmp_path / "llama", classifier=True, padding=False)
    tokenizer = pretrained_tokenizer(str(folder))
    cfg = config("cross_encoder", folder)
    network = instantiate(cfg.model.network)(tokenizer=tokenizer, documents=documents(), seed=0)
    export(cfg, network.eval(), tokenizer, tmp_path / "export", SCORES)
    model = sentence_transformers.CrossEncoder(str(tmp_path / "export"), device="cpu")
    pairs = [(query, document) for query in TEXTS[0] for document in TEXTS[1]]
    theirs = torch.tensor(model.predict(pairs, show_progress_bar=False)).view(3, -1)
    torch.testing.assert_close(theirs, our_scores(cfg, network), atol=1e-4, rtol=1e-4)


def test_an_encoder_decoder_is_refused_before_data_is_read(tmp_path):
    folder = save("t5", tmp_path)
    with pytest.raises(InputError, match="is an encoder-decoder") as refused:
        check(config("minilm", folder, "dataset.path=/nowhere", "dataset=folder"))
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="is an encoder-decoder"):
        load_backbone(str(folder), num_hidden_layers=None, seed=0)


@pytest.mark.parametrize("family", ["albert", "mpnet"])
def test_what_cannot_compute_its_layers_again_is_refused(family, tmp_path):
    folder = save(family, tmp_path)
    with pytest.raises(InputError, match=r"recompute=layers: .* set it to chunks"):
        built("minilm", folder, "model.network.adaptation.recompute=layers")
    network = built("minilm", folder, "model.network.adaptation.recompute=chunks")
    network.scores(random_batch()).sum().backward()


def test_shared_layers_cannot_be_frozen_and_others_can(tmp_path):
    with pytest.raises(InputError, match="AlbertModel share their weights"):
        built("minilm", save("albert", tmp_path / "a"), "model.network.adaptation.freeze_layers=1")
    network = built(
        "minilm", save("mpnet", tmp_path / "m"), "model.network.adaptation.freeze_layers=1"
    )
    layers = network.encoder.backbone.encoder.layer
    assert [all(w.requires_grad for w in layer.parameters()) for layer in layers] == [False, True]


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A model folder with a Python file, and the file that exists once that has run."""
    folder = Path(save_tiny(tmp_path / "model"))
    (folder / "modeling_trap.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    return folder, tmp_path / "ran"


def _change(file, changes):
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_code_of_a_model_is_named_and_never_run(trap):
    folder, ran = trap
    code = {"model_type": "trap", "auto_map": {"AutoConfig": "modeling_trap.TrapConfig"}}
    _change(folder / "config.json", code)
    with pytest.raises(InputError, match=r"\(modeling_trap\.py\), which is never run"):
        load_backbone(str(folder), num_hidden_layers=None, seed=0)
    assert not ran.exists()


def test_code_of_a_tokenizer_is_never_run(trap):
    folder, ran = trap
    code = {"tokenizer_class": "Trap", "auto_map": {"AutoTokenizer": ["modeling_trap.T", None]}}
    _change(folder / "tokenizer_config.json", code)
    assert pretrained_tokenizer(str(folder)).is_fast  # from tokenizer.json
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"model\.path="):
        pretrained_tokenizer(str(folder))
    assert not ran.exists()
