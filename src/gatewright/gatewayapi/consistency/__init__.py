"""Clusters side by side: versions and their skew, hostnames and their routes, and who is tied to whom."""
