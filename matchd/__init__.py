"""matchd: matchmaking, signaling and TURN credentials for self-hosted games and remote play."""

__version__ = "0.1.0"
