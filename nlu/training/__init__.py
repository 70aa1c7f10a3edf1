"""Training configuration, loop and pipeline."""
