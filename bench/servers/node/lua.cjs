// The pool in Redis by matchd's own scripts, each call one EVALSHA over ioredis with autopipelining.
//
// BENCH_SCRIPTS names a file with the scripts' texts, their keys and rules, as matchd itself uses them.
// What matchd does beside them is left out: it tells what happened, and mirrors the hosts' records.
const fs = require("node:fs");
const Redis = require("ioredis").Redis;
const { pack, unpack } = require("msgpackr");
const { newId, hashed, found, released, beaten } = require("./match.cjs");

const { scripts, keys, rules } = JSON.parse(fs.readFileSync(process.env.BENCH_SCRIPTS, "utf8"));
const RULES = Buffer.from(rules, "base64");
const redis = new Redis(process.env.BENCH_REDIS, { enableAutoPipelining: true });
for (const [name, lua] of Object.entries(scripts)) {
  redis.defineCommand(name, { lua, numberOfKeys: keys.length });
}

async function run(name, ask) {
  const raw = await redis[`${name}Buffer`](...keys, pack(ask), RULES, "");
  return unpack(raw).out;
}

const hostOf = (booking) => ({
  hostId: booking.host_id,
  roomId: booking.room_id,
  region: booking.region,
});

async function beat(body) {
  const { hostId, roomId, region, status, capacity } = body;
  await run("beat", {
    host_id: hostId,
    room_id: roomId,
    region,
    status,
    capacity: capacity ?? 1,
    address: "",
  });
  return beaten(status ?? "idle");
}

async function find(player, wanted) {
  const id = newId();
  const grant = newId();
  const owner = player ?? `g_${id}`;
  const out = await run("claim", {
    seed: 1 + Math.floor(Math.random() * (2 ** 31 - 2)),
    claim: {
      id,
      principal: owner,
      owner,
      address_key: "127.0.0.1",
      guest: player === null,
      exempt: false,
      grant_hash: hashed(grant),
      wanted: { classes: [[wanted.region]], anywhere: false },
      waits: false,
    },
  });
  if (out.kind !== "claimed") return null;
  return found(hostOf(out.found.booking), id, grant, player);
}

async function release(id, grant) {
  const known = await run("look", { booking_id: id });
  if (known === null || known.booking.grant_hash !== hashed(grant)) return null;
  await run("release", { booking_id: id, cause: "released" });
  return released(hostOf(known.booking), id);
}

module.exports = { beat, find, release };
