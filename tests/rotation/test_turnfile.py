"""Taking a secret out of coturn's configuration, which is read as coturn reads it."""

from matchd.rotation.turnfile import without

OLD = "the-old-secret-of-coturn-of-32-l"


def test_every_line_of_it_goes() -> None:
    """However it is written; what only looks like it stays, to the last space."""
    text = (
        "use-auth-secret\n"
        f"static-auth-secret={OLD}\n"
        f"  static-auth-secret  {OLD}  \n"
        f'static-auth-secret = "{OLD}"\n'
        f"# static-auth-secret={OLD}\n"
        f"static-auth-secret={OLD}x\n"
        "realm=example.net   \n\nno-cli"
    )
    left = f"use-auth-secret\n# static-auth-secret={OLD}\nstatic-auth-secret={OLD}x\n"
    assert without(text, OLD) == f"{left}realm=example.net   \n\nno-cli"


def test_one_that_is_not_there() -> None:
    """Nothing is changed."""
    assert without("realm=example.net\r\nno-cli\r\n", OLD) == "realm=example.net\r\nno-cli\r\n"
