"""Custom actions of the bank bot."""
