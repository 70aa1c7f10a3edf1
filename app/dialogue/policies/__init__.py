"""Dialogue policies, one per module, tried in a stated order."""
