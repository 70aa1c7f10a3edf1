"""The pure dialogue core: values and decisions, no I/O."""
