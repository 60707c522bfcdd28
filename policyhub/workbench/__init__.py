"""From a managed policy to a smaller one that provably fits."""
