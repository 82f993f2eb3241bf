"""Collections, first-stage runs, negatives, token stores and batches."""

from data.batch import Batch, TokenStores, collate
from data.cache import Cache
from data.collection import Collection
from data.duplicates import first_copies
from data.examples import TrainingExamples, build_examples
from data.first_stage import bm25_run
from data.folder import open_folder
from data.ir_dataset import open_ir_dataset
from data.loader import TrainingLoader
from data.pretrained_tokenizer import load_tokenizer
from data.progress import track
from data.ragged import Ragged
from data.records import Document, Judgement, Qrels, Split
from data.sampling import NegativeSampler
from data.standard_library import open_standard_library
from data.text_store import TextStore
from data.token_store import TokenStore, build_token_store, text_fingerprint
from data.tokenizer import TextTokenizer
from data.tokens import Tokens, joined
from data.wordpiece import train_wordpiece

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
    "TextStore",
    "TextTokenizer",
    "TokenStore",
    "TokenStores",
    "Tokens",
    "TrainingExamples",
    "TrainingLoader",
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
    "text_fingerprint",
    "track",
    "train_wordpiece",
]
