"""A new TURN secret without a lost call: `matchd turn rotate`.

`database` is coturn's own store of secrets, which it asks at every request, `state` what survives an
interruption, `rotate` the steps. Rules: the new secret is taken by the server before anything is minted
with it, and the old one until all that was minted with it has run out; each step is written down before
the next, and can be done twice; secrets travel in files and over sockets, never in arguments, and are
never printed. Imported by `cli` only.
"""
