// The match API on Fastify, with schemas; the argument names what keeps the pool: memory, lua or scan.
const app = require("fastify")();
const { playerOf } = require("./match.cjs");
const pool = require(`./${process.argv[2]}.cjs`);

const text = { type: "string" };
const whole = { type: "integer" };
const list = (items) => ({ type: "array", items });
const object = (properties) => ({ type: "object", properties });

const BEAT = { ...object({ hostId: text, roomId: text, region: text, status: text, capacity: whole }) };
BEAT.required = ["hostId", "roomId"];

const BEATEN = object({
  success: { type: "boolean" },
  ttl: whole,
  interval: whole,
  status: text,
  bookings: list({ type: "object" }),
  bookingCount: whole,
  drain: { type: "boolean" },
});

const FOUND = object({
  found: { type: "boolean" },
  roomId: text,
  signalingUrl: text,
  iceServers: list(object({ urls: list(text), username: text, credential: text })),
  iceTtl: whole,
  iceExpiresAt: whole,
  bookingId: text,
  grant: text,
  hostId: text,
  region: text,
  expiresAt: whole,
});

const RELEASED = object({
  bookingId: text,
  state: text,
  cause: text,
  roomId: text,
  hostId: text,
  region: text,
});

app.get("/healthz", async () => ({ status: "ok" }));

const beats = { schema: { body: BEAT, response: { 200: BEATEN } } };
app.post("/api/host/heartbeat", beats, async (request) => pool.beat(request.body));

const finds = { schema: { body: object({ region: text }), response: { 200: FOUND } } };
app.post("/api/match/find", finds, async (request, reply) => {
  const player = playerOf(request.headers.authorization);
  if (player === undefined) return reply.code(401).send({ found: false, code: "bad_token" });
  const answer = await pool.find(player, request.body ?? {});
  return answer ?? reply.code(404).send({ found: false, code: "no_host" });
});

const releases = { schema: { response: { 200: RELEASED } } };
app.post("/api/match/:id/release", releases, async (request, reply) => {
  const grant = (request.headers.authorization ?? "").slice("Bearer ".length);
  const answer = await pool.release(request.params.id, grant);
  return answer ?? reply.code(404).send({ code: "unknown_booking" });
});

app.listen({ port: 0, host: "127.0.0.1" }).then(() => {
  console.log(`ready 127.0.0.1:${app.server.address().port}`);
});
