"""The reader: a question and a passage -> the span of the passage that answers, or none."""
