"""`matchd host`: a machine that is offered to players, and a command that is run for each match.

`settings` is what it is told, `run` its life, `matches` what goes on, `hook` one run of the command.
Builds on `client` and is known to the command line alone.
"""

from matchd.agent.run import main
from matchd.agent.settings import SECRET_VARIABLE, HostSettings

__all__ = ["SECRET_VARIABLE", "HostSettings", "main"]
