"""Executes plans durably: locks, steps, pause, resume, abort, retry; finds drift and puts it back.

The only layer that writes to clusters.
"""
