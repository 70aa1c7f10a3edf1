"""Dataset snapshot, gate, model registry and hot swap: values and functions."""
