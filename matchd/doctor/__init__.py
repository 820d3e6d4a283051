"""What is wrong with an installation, and which line to change: `matchd doctor` and `matchd probe`.

`link` opens a fresh socket for each probe, `client` speaks STUN and TURN over it, each check is a
module of its own that yields findings, `examine` runs them against one server, `probe` is the light
version whose result the daemon reads. It acts as a player would, from outside the daemon: it reads the
same settings, and touches nothing. Imported by `cli` only.

Rules of every probe: 3 s for an answer, sent again after 0.5 and 1.5 s, at most ten allocations a
second and server, each given back. No secret and no credential is in a finding.
"""
