// The pool in Redis by the specification's own algorithm: a find reads every host's record.
//
// Those that would do are kept, one is picked and written back as `allocated`; nothing of it is atomic. SCAN and MGET
// take 1,000 records at once, which is kinder than one by one.
const Redis = require("ioredis").Redis;
const { newId, found, released, beaten } = require("./match.cjs");

const redis = new Redis(process.env.BENCH_REDIS, { enableAutoPipelining: true });
const bookings = new Map();
const HOUR = 3600;

const write = (host) => redis.set(`host:${host.hostId}`, JSON.stringify(host), "EX", HOUR);

async function beat(body) {
  const { hostId, roomId, region = "local", status = "idle" } = body;
  await write({ hostId, roomId, region, status, lastHeartbeat: Date.now() });
  return beaten(status);
}

async function find(player, wanted) {
  const idle = [];
  const oldest = Date.now() - HOUR * 1000;
  for await (const keys of redis.scanStream({ match: "host:*", count: 1000 })) {
    if (keys.length === 0) continue;
    for (const text of await redis.mget(keys)) {
      if (text === null) continue;
      const host = JSON.parse(text);
      if (host.status !== "idle" || host.lastHeartbeat <= oldest) continue;
      if (wanted.region === undefined || host.region === wanted.region) idle.push(host);
    }
  }
  if (idle.length === 0) return null;
  const host = idle[Math.floor(Math.random() * idle.length)];
  host.status = "allocated";
  await write(host);
  const id = player ?? newId();
  const former = bookings.get(id);
  bookings.set(id, host);
  if (former !== undefined) await write({ ...former, status: "idle" });
  return found(host, id, newId(), player);
}

async function release(id) {
  const host = bookings.get(id);
  if (host === undefined) return null;
  bookings.delete(id);
  await write({ ...host, status: "idle" });
  return released(host, id);
}

module.exports = { beat, find, release };
