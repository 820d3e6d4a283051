"""Where news finds its receiver: one mailbox per socket or waiting call, under an address; what is for
a node itself goes to whoever has subscribed to its kind.

`post` is sync and never waits, so the order of posts is the order of arrival. An address names the
node it lives on; what is for another node goes to the bus.
"""

from __future__ import annotations

import itertools
from typing import Protocol

from matchd.domain.ids import Address, NodeId
from matchd.metrics import Metrics
from matchd.protocol.news import News
from matchd.store.ports import Bus


class Mailbox(Protocol):
    """Something that can be told news."""

    def deliver(self, news: News) -> None:
        """Take one piece of news; sync, and never raises for what the sender did."""


NOBODY = 0
"""The connection in the address of a node itself."""


class Hub:
    """The mailboxes of one node."""

    def __init__(self, node: NodeId, bus: Bus, metrics: Metrics) -> None:
        self.node = node
        self._bus = bus
        self._metrics = metrics
        self._numbers = itertools.count(1)
        self._mailboxes: dict[Address, Mailbox] = {}
        self._former: set[NodeId] = set()
        self._subscribers: dict[type[object], Mailbox] = {}

    def register(self, mailbox: Mailbox) -> Address:
        """Give a mailbox its address."""
        address = Address(self.node, next(self._numbers))
        self._mailboxes[address] = mailbox
        return address

    def subscribe(self, kind: type[object], mailbox: Mailbox) -> None:
        """Hand news of this kind for the node itself to a mailbox."""
        self._subscribers[kind] = mailbox

    def unregister(self, address: Address) -> None:
        """News for this address is dropped from now on."""
        self._mailboxes.pop(address, None)

    def rename(self, node: NodeId) -> None:
        """Take a new node id; mailboxes keep the address they have."""
        self._former.add(self.node)
        self.node = node

    def post(self, address: Address, news: News) -> None:
        """Deliver here, or hand to the bus; count a receiver of ours that is gone."""
        mailbox = self._mailboxes.get(address)
        if mailbox is None and address == Address(self.node, NOBODY):
            mailbox = self._subscribers.get(type(news))
        if mailbox is not None:
            mailbox.deliver(news)
        elif address.node == self.node or address.node in self._former:
            self._metrics.dropped.labels("receiver_gone").inc()
        else:
            self._bus.send(self.node, address, news)

    def post_node(self, node: NodeId, news: News) -> None:
        """Tell a node itself, this one or another."""
        self.post(Address(node, NOBODY), news)
