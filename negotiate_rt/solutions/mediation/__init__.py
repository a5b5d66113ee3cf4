"""What a mediator computes: the best outcome by what was disclosed to it, and where a text goes that parties vote on."""
