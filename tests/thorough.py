"""How much the tests try that go by chance: `TIMES` as much as in the gate.

MATCHD_TIMES sets it: with 4 they try four times as many orders of steps, seeds and weathers.
"""

import os

TIMES = int(os.environ.get("MATCHD_TIMES", "1"))
