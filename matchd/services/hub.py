"""Where news finds its receiver: one mailbox per socket or waiting call, under an address.

`post` is sync and never waits, so the order of posts is the order of arrival. An address names the
node it lives on; this hub delivers what is local.
"""

from __future__ import annotations

import itertools
from typing import Protocol

from matchd.domain.ids import Address, NodeId
from matchd.metrics import Metrics
from matchd.protocol.news import News


class Mailbox(Protocol):
    """Something that can be told news."""

    def deliver(self, news: News) -> None:
        """Take one piece of news; sync, and never raises for what the sender did."""


class Hub:
    """The mailboxes of one node."""

    def __init__(self, node: NodeId, metrics: Metrics) -> None:
        self.node = node
        self._metrics = metrics
        self._numbers = itertools.count(1)
        self._mailboxes: dict[Address, Mailbox] = {}

    def register(self, mailbox: Mailbox) -> Address:
        """Give a mailbox its address."""
        address = Address(self.node, next(self._numbers))
        self._mailboxes[address] = mailbox
        return address

    def unregister(self, address: Address) -> None:
        """News for this address is dropped from now on."""
        self._mailboxes.pop(address, None)

    def post(self, address: Address, news: News) -> None:
        """Deliver, or count that the receiver is gone."""
        mailbox = self._mailboxes.get(address)
        if mailbox is None:
            self._metrics.dropped.labels("receiver_gone").inc()
        else:
            mailbox.deliver(news)
