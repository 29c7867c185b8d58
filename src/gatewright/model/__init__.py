"""The values of the design, section 2. Pure: nothing here reads a clock, a file or a network."""
