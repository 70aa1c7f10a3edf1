"""Custom actions of the retail bot: what Fern does in the shop's order system."""
