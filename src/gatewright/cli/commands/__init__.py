"""The commands by subject; ``main`` puts them together."""
