"""Runs a bot's custom actions through rasa-sdk."""
