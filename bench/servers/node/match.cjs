// What a match answer is made of, whatever keeps the pool: who asks, ids, a grant, TURN credentials.
const crypto = require("node:crypto");

const SECRET = crypto.randomBytes(32).toString("base64url");
const KEY = process.env.BENCH_TOKEN_KEY ?? "";
const URLS = ["turn:turn.example.net:3478?transport=udp", "turn:turn.example.net:3478?transport=tcp"];
const TTL = 3600;
const HOLD = 20;

const verified = new Map();

// The player a token names (null: a guest; undefined: a bad token). A token is verified once, until it expires.
function playerOf(header) {
  if (header === undefined) return null;
  const known = verified.get(header);
  const now = Date.now() / 1000;
  if (known !== undefined && known.exp > now) return known.sub;
  const [head, body, signature] = header.slice("Bearer ".length).split(".");
  const expected = crypto.createHmac("sha256", KEY).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) return undefined;
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  if (!(claims.exp > now)) return undefined;
  verified.set(header, claims);
  return claims.sub;
}

const newId = () => crypto.randomBytes(16).toString("base64url");
const hashed = (grant) => crypto.createHash("sha256").update(grant).digest("base64");

function iceServers(user, now) {
  const username = `${now + TTL}:${user}`;
  const credential = crypto.createHmac("sha1", SECRET).update(username).digest("base64");
  return [{ urls: URLS, username, credential }];
}

// The answer to a find: of this host, for this player or the guest who holds the booking.
function found(host, bookingId, grant, player) {
  const now = Math.floor(Date.now() / 1000);
  return {
    found: true,
    roomId: host.roomId,
    signalingUrl: `ws://127.0.0.1:8080/signal/${grant}`,
    iceServers: iceServers(player ?? bookingId, now),
    iceTtl: TTL,
    iceExpiresAt: now + TTL,
    bookingId,
    grant,
    hostId: host.hostId,
    region: host.region,
    expiresAt: now + HOLD,
  };
}

const released = (host, bookingId) => ({
  bookingId,
  state: "released",
  cause: "released",
  roomId: host.roomId,
  hostId: host.hostId,
  region: host.region,
});

const beaten = (status) => ({
  success: true,
  ttl: 30,
  interval: 10,
  status,
  bookings: [],
  bookingCount: 0,
  drain: false,
});

module.exports = { playerOf, newId, hashed, found, released, beaten, HOLD };
