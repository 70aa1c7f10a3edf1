"""Quality and speed, one module per question; rows for ``docs/results.md``. Not part of the wheel."""
