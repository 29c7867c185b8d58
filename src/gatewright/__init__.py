"""Gatewright keeps the Kubernetes Gateway API installed, at one version and healthy on a team's clusters."""

__version__ = "0.1.0"
