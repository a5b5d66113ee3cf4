"""What theory says: pure functions from a problem to an answer."""
