"""Rasa-compatible channels and endpoints."""
