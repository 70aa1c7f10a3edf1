"""One module per family of published formats; each gives `BenchmarkData`."""
