"""One module per published data set: files -> `RetrievalData`."""
