"""What theory says about distributed constraint optimisation: pseudo-trees, their width, and exact optima."""
