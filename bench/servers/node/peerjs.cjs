// The PeerJS server as its own command starts it, on a free port; packages come from NODE_PATH.
const { PeerServer } = require("peer");

PeerServer({ port: 0, host: "127.0.0.1", path: "/", concurrent_limit: 100000 }, (server) => {
  console.log(`ready 127.0.0.1:${server.address().port}`);
});
