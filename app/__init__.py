"""The SpanDesk service: API, dialogue manager, database, jobs and command line."""
