// Express answering the same constants; packages come from NODE_PATH (see bench/npm.py).
const express = require("express");
const answers = require("./answers.json");

const app = express();
app.use(express.json());
app.post("/api/match/find", (request, response) => response.json(answers.find));
app.post("/api/match/:id/release", (request, response) => response.json(answers.release));
app.post("/api/host/heartbeat", (request, response) => response.json(answers.heartbeat));
const server = app.listen(0, "127.0.0.1", () => {
  console.log(`ready 127.0.0.1:${server.address().port}`);
});
