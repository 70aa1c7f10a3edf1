"""Understanding: span encoder, heads, training, bundles, evaluation."""
