"""The WebSocket edge: the only home of trio_websocket. Upgrades, reads frames, writes outboxes.

`daemon` alone imports this: `edge.WebSocketEdge` is what the listener hands upgrades to, and
`keeper.Keeper` pings its sockets.
"""
