// A bare relay on npm `ws`: rooms of two, as servers/relay.py; packages come from NODE_PATH.
const { WebSocketServer } = require("ws");

const rooms = new Map();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("listening", () => console.log(`ready 127.0.0.1:${server.address().port}`));
server.on("connection", (socket, request) => {
  const name = new URL(request.url, "http://127.0.0.1").searchParams.get("roomId");
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room.add(socket));
  socket.on("message", (data, isBinary) => {
    for (const other of room) {
      if (other !== socket) other.send(data, { binary: isBinary });
    }
  });
  socket.on("close", () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(name);
  });
});
