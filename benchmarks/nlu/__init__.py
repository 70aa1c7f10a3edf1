"""Quality of understanding on public data sets: `python -m benchmarks.nlu`."""
