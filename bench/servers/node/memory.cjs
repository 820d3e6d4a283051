// A pool in memory: a find takes one of the free hosts of its region at random and leases it.
const { newId, hashed, found, released, beaten, HOLD } = require("./match.cjs");

const hosts = new Map();
const free = new Map(); // region -> hosts, each of which knows its place in it
const bookings = new Map(); // by id, oldest first: all leases are equally long
const held = new Map(); // player -> booking

function put(host) {
  let line = free.get(host.region);
  if (line === undefined) free.set(host.region, (line = []));
  host.place = line.push(host) - 1;
}

function take(host) {
  const line = free.get(host.region);
  const last = line.pop();
  if (last !== host) {
    line[host.place] = last;
    last.place = host.place;
  }
  host.place = -1;
}

function end(booking) {
  bookings.delete(booking.id);
  if (booking.player !== null && held.get(booking.player) === booking) held.delete(booking.player);
  booking.host.booking = null;
  put(booking.host);
}

function beat(body) {
  let host = hosts.get(body.hostId);
  if (host === undefined) {
    host = { hostId: body.hostId, place: -1, booking: null };
    hosts.set(host.hostId, host);
  } else if (host.place >= 0) take(host);
  host.roomId = body.roomId;
  host.region = body.region ?? "local";
  host.status = body.status ?? "idle";
  host.seenAt = Date.now();
  if (host.status === "idle" && host.booking === null) put(host);
  return beaten(host.status);
}

function find(player, wanted) {
  const former = player === null ? undefined : held.get(player);
  if (former !== undefined) end(former);
  const line = free.get(wanted.region ?? "local");
  if (line === undefined || line.length === 0) return null;
  const host = line[Math.floor(Math.random() * line.length)];
  take(host);
  const grant = newId();
  const until = Date.now() + HOLD * 1000;
  const booking = { id: newId(), host, player, grantHash: hashed(grant), until };
  host.booking = booking;
  bookings.set(booking.id, booking);
  if (player !== null) held.set(player, booking);
  return found(host, booking.id, grant, player);
}

function release(id, grant) {
  const booking = bookings.get(id);
  if (booking === undefined || booking.grantHash !== hashed(grant)) return null;
  end(booking);
  return released(booking.host, id);
}

// Leases that are over.
setInterval(() => {
  const now = Date.now();
  for (const booking of bookings.values()) {
    if (booking.until > now) break;
    end(booking);
  }
}, 1000).unref();

module.exports = { beat, find, release };
