"""Telling people what happened: messages in the formats of chat services, sent until they arrive or are given up."""
