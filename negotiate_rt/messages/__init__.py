"""WHAT IS SAID: performatives, envelopes, offers, views and decisions, configuration, outcomes, and their codec."""
