"""What is in the clusters: registering, watching and probing them, what is told of it, the survey that a plan needs."""
