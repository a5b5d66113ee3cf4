"""What a journal can be asked afterwards: whether it is whole and by the rules, what was said, and how it looks elsewhere."""
