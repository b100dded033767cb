"""Layer 7, the explorer: searches every interleaving for a state from which a person can't get back in."""
