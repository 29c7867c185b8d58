"""``gatewright demo``: the founding story on three real clusters, told while it happens and checked in the clusters."""
