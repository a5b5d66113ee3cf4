"""HOW TALK TRAVELS: kernel, clocks, mailboxes, network, dialogues and their supervisor. Knows no bid from an offer."""
