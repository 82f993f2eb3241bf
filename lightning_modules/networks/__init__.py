"""The networks, which turn a query and a document into a score.

Reading order: `network` (the interface), `dense_retriever` with its `text_encoder`s,
`late_interaction`, `cross_encoder`; `shared_batch` distributes a batch over processes.
"""
