"""Finding the right help text on public data sets: BM25, the plain encoder and the product side by side."""
