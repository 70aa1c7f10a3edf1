"""Readers that turn annotation files into examples."""
