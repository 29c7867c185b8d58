"""Requests to the Gateways themselves: which may be made, how one is made, and when each is due."""
