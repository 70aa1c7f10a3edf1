"""Fine-tuning methods, one module each behind one interface."""
