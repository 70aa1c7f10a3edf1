"""The subcommands of ``spandesk``, one module each; imported only when run."""
