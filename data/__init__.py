"""Collections, first-stage runs, negatives, token stores and batches.

Reading order: `collections` (what a collection is, and where it comes from), `ingest` (checks and
splits), `tokenizers`, `storage` (files on disk), `runs` (ranked lists), `training` (batches).
"""

from data.collections.collection import Collection
from data.collections.duplicates import first_copies
from data.collections.folder import open_folder
from data.collections.ir_dataset import open_ir_dataset
from data.collections.records import Document, Judgement, Qrels, Split
from data.collections.standard_library import open_standard_library
from data.ingest.vector_folder import VectorFolder
from data.runs.bm25 import bm25_run
from data.storage.cache import Cache
from data.storage.ragged import Ragged
from data.storage.text_inputs import TextInputs
from data.storage.text_store import TextStore
from data.storage.token_store import TokenStore, build_token_store, text_fingerprint
from data.storage.vector_store import VectorStore
from data.tokenizers.pretrained_tokenizer import load_tokenizer
from data.tokenizers.static_embedding import static_tokenizer
from data.tokenizers.tokenizer import TextTokenizer
from data.tokenizers.tokens import Tokens, joined
from data.tokenizers.wordpiece import train_wordpiece
from data.training.batch import Batch, TokenStores, collate
from data.training.examples import TrainingExamples, build_examples
from data.training.loader import TrainingLoader
from data.training.sampling import NegativeSampler
from terminal import track

__all__ = [
    "Batch",
    "Cache",
    "Collection",
    "Document",
    "Judgement",
    "NegativeSampler",
    "Qrels",
    "Ragged",
    "Split",
    "TextInputs",
    "TextStore",
    "TextTokenizer",
    "TokenStore",
    "TokenStores",
    "Tokens",
    "TrainingExamples",
    "TrainingLoader",
    "VectorFolder",
    "VectorStore",
    "bm25_run",
    "build_examples",
    "build_token_store",
    "collate",
    "first_copies",
    "joined",
    "load_tokenizer",
    "open_folder",
    "open_ir_dataset",
    "open_standard_library",
    "static_tokenizer",
    "text_fingerprint",
    "track",
    "train_wordpiece",
]
