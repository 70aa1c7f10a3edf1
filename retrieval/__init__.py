"""FAQ retrieval: embeddings, index, lexical search, fusion, answers."""
