"""Label noise for judgements in memory, without a configuration or a folder."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from data.collections.plain import plain_collection
from data.collections.records import Qrels
from data.storage.cache import Cache
from noise.model import Corruption, NoiseModel


def corrupt_qrels(
    qrels: Qrels,
    model: NoiseModel,
    *,
    documents: Mapping[str, str],
    queries: Mapping[str, str],
    cache_dir: Path | None = None,
) -> Corruption:
    """Corrupt judgements; return the noisy ones and the audit of all changes.

    Args:
        qrels: the clean training judgements, query_id -> doc_id -> grade; 1 or more is positive.
        model: the noise, for example `noise.UniformSubstitution(ratio=0.4, seed=1)`.
        documents: doc_id -> text, of the whole collection: wrong documents are found among them.
        queries: query_id -> text of the judged queries.
        cache_dir: keeps what the noise fits, such as embeddings; None: a temporary folder.

    Returns:
        The noisy judgements and their audit. `audit.undo(qrels)` gives the clean ones back.

    Raises:
        InputError: judgements without texts or with odd grades, or a noise that these judgements
            cannot have.
    """
    with TemporaryDirectory() as temporary:
        cache = Cache(Path(temporary) if cache_dir is None else Path(cache_dir))
        return model.corrupt(plain_collection(documents, queries, qrels, cache=cache))
