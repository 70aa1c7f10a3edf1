"""Background jobs on the queue library."""
