"""WHO TAKES PART: agents with a name, hooks, and what they want."""

from negotiate_rt.agents.agent import Agent
from negotiate_rt.agents.bidder import Bidder
from negotiate_rt.agents.contractor import Contractor, Manager
from negotiate_rt.agents.negotiator import Buyer, Negotiator, Seller

__all__ = ["Agent", "Bidder", "Buyer", "Contractor", "Manager", "Negotiator", "Seller"]
