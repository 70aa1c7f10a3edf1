"""Readers of FAQ files: YAML, CSV, Markdown and HTML become `FaqEntry` values."""
