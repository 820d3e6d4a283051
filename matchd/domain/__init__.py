"""What is true: ids, records, machines and rules. No I/O, no clock, no randomness, no framework.

Time and randomness arrive as arguments. Every ring above may import this one.
"""
