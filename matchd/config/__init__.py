"""The configuration: one TOML file into frozen types, and the secrets it points to.

`load(path)` is all that others need. `schema` holds every key with its default, `check` the rules
between keys, `secrets` the files with secrets, `explain` the wording of what is wrong, `render` the
way back to TOML. Imported by `daemon` and `cli` only; everything below is handed the part it needs,
as types of its own.
"""

from matchd.config.load import Loaded, dev, load
from matchd.config.schema import Config
from matchd.config.secrets import Secrets

__all__ = ["Config", "Loaded", "Secrets", "dev", "load"]
