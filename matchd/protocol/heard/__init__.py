"""What clients hear on sockets, as types: a module for each dialect whose codec writes frames by hand.

The codecs write what is relayed a thousand times a second without building these; the tests hold every
frame that is sent against them. Pure.
"""
