"""Fixtures of the tests that run the daemon as a process, and which edges these tests run through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.coturn import self_signed
from tests.daemon.process import Site

BOTH = {
    *("test_clients", "test_faults", "test_games", "test_lifecycle", "test_listen"),
    *("test_matchbox", "test_reload", "test_restart", "test_signaling"),
}
"""Modules that ask hot routes, or that open sockets which only relay: their tests run twice, with both
lanes of `[server]` and with neither.
"""

ALIKE = {
    *("test_listen_option", "test_several_addresses", "test_address_in_use"),
    *("test_without_activation_fd_is_refused", "test_plain_text_on_a_tls_port"),
    *("test_service_manager_is_told", "test_broken_file", "test_secret_that_others_can_read"),
    *("test_what_needs_a_restart_is_named", "test_same_turn_secret_disturbs_nobody"),
    *("test_new_certificate", "test_new_pepper_breaks_no_grant", "test_twin_of_a_good_address"),
    *("test_snapshot_is_private", "test_second_daemon_on_the_same_directory"),
    *("test_kill_and_start", "test_restart_keeps_the_line", "test_a_restart_ends_no_game"),
    *("test_restart_keeps_bookings_and_grants", "test_browser_is_told_why_there_is_no_match"),
    *("test_restart_keeps_the_places_of_native_peers", "test_a_crowd", "test_order_under_churn"),
    *("test_two_nodes", "test_a_node_stops", "test_a_killed_node", "test_every_node_is_killed"),
    *("test_a_game_outlives_a_node", "test_who_comes_in", "test_refused_upgrade"),
    *(
        "test_socket_from_another_address_is_no_host",
        "test_without_recognition_a_credential_is_needed",
    ),
}
"""Those of their tests that run once, with both lanes: of files and addresses, of what is kept or
happens between nodes, and of who comes in, which is tried at both edges in memory.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of both edges twice."""
    module, name = metafunc.module.__name__.rpartition(".")[2], metafunc.function.__name__
    if module in BOTH and name not in ALIKE:
        fixture = "secure" if "secure" in metafunc.fixturenames else "site"
        metafunc.parametrize(fixture, ["lanes", "libraries"], indirect=True)


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A fresh site; after the test its logs must hold no fault and no secret."""
    site = Site(tmp_path)
    _choose(site, request)
    yield site
    site.check()


@pytest.fixture
def secure(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The same with TLS of our own."""
    site = Site(tmp_path, "https")
    pair = self_signed(tmp_path)
    site.config["server"] |= {"tls_certificate": str(pair.cert), "tls_key": str(pair.key)}
    _choose(site, request)
    yield site
    site.check()


def _choose(site: Site, request: pytest.FixtureRequest) -> None:
    if getattr(request, "param", "lanes") == "libraries":
        site.leave_lanes()
