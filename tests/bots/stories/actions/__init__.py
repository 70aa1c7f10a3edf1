"""What the tool shed can do."""
