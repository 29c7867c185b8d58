"""Executes plans durably: locks, steps, pause, resume, abort, retry. The only layer that writes to clusters."""
