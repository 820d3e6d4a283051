// The match API on Express; the argument names what keeps the pool: memory, lua or scan.
const express = require("express");
const { playerOf } = require("./match.cjs");
const pool = require(`./${process.argv[2]}.cjs`);

const app = express();
app.disable("x-powered-by");
app.set("etag", false);
app.use(express.json());

app.get("/healthz", (request, response) => response.json({ status: "ok" }));

app.post("/api/host/heartbeat", async (request, response) => {
  const { hostId, roomId } = request.body;
  if (typeof hostId !== "string" || typeof roomId !== "string") {
    return response.status(400).json({ success: false, code: "invalid_request" });
  }
  response.json(await pool.beat(request.body));
});

app.post("/api/match/find", async (request, response) => {
  const player = playerOf(request.headers.authorization);
  if (player === undefined) return response.status(401).json({ found: false, code: "bad_token" });
  const answer = await pool.find(player, request.body ?? {});
  if (answer === null) return response.status(404).json({ found: false, code: "no_host" });
  response.json(answer);
});

app.post("/api/match/:id/release", async (request, response) => {
  const grant = (request.headers.authorization ?? "").slice("Bearer ".length);
  const answer = await pool.release(request.params.id, grant);
  if (answer === null) return response.status(404).json({ code: "unknown_booking" });
  response.json(answer);
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`ready 127.0.0.1:${server.address().port}`);
});
