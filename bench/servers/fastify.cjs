// Fastify answering the same constants; packages come from NODE_PATH (see bench/npm.py).
const app = require("fastify")();
const answers = require("./answers.json");

app.post("/api/match/find", async () => answers.find);
app.post("/api/match/:id/release", async () => answers.release);
app.post("/api/host/heartbeat", async () => answers.heartbeat);
app.listen({ port: 0, host: "127.0.0.1" }).then(() => {
  console.log(`ready 127.0.0.1:${app.server.address().port}`);
});
