"""The model in service: batched parsing, and the swap of bundle and index between two messages."""
