"""Learns from a bot's stories what comes next in a conversation, also where no story goes."""
