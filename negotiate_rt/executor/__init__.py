"""Running negotiations: the executor, societies, auctions, and the handle of one negotiation."""
