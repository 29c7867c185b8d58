"""What is in a cluster, read from it: registration, the survey that a plan needs, the status that people see."""
