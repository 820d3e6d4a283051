// A bare relay on npm `ws`: whatever one says goes to the others in its room; no limits, no checks.
//
// Rooms under /matchbox/ are told who comes and who goes instead. Packages come from NODE_PATH.
const { randomUUID } = require("node:crypto");
const { WebSocketServer } = require("ws");

const rooms = new Map();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("listening", () => console.log(`ready 127.0.0.1:${server.address().port}`));
server.on("connection", (socket, request) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  if (pathname.startsWith("/matchbox/")) announce(socket, pathname);
  else relay(socket, searchParams.get("roomId"));
});

function enter(socket, name) {
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room.add(socket));
  socket.on("close", () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(name);
  });
  return room;
}

function relay(socket, name) {
  const room = enter(socket, name);
  socket.on("message", (data, isBinary) => {
    for (const other of room) {
      if (other !== socket) other.send(data, { binary: isBinary });
    }
  });
}

function announce(socket, name) {
  const id = randomUUID();
  const room = enter(socket, name);
  const tell = (event) => {
    const text = Buffer.from(JSON.stringify(event));
    for (const other of room) {
      if (other !== socket) other.send(text, { binary: false });
    }
  };
  socket.send(JSON.stringify({ IdAssigned: id }));
  tell({ NewPeer: id });
  socket.on("close", () => tell({ PeerLeft: id }));
}
