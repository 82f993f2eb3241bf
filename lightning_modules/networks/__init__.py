"""The networks: how a query and a document become a score."""
