"""What theory says about games between coalitions: values, the core and its kin, and which coalitions form."""
