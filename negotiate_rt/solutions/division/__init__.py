"""What theory says about fair division: procedures, their results, and verdicts on any allocation."""
