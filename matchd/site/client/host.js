/**
 * Host from here: heartbeats with the interval the server asks for, the room's socket, one connection
 * for each player (wire.md 2.1, 2.2, 2.5), goodbye at the end.
 *
 * A player is his booking: when his node restarts he comes back under another `peer`, and his
 * connection goes on. Events: `player` (connected), `booked`, `beat`, `trouble`, `drain`, `end`.
 */

import { Emitter } from "./emitter.js";
import { MatchdError, needWebRtc } from "./errors.js";
import { PeerLink } from "./link.js";
import { channelOpen, fingerprintOf, isOver, messageOf, saidIn } from "./signaling.js";
import { Socket } from "./socket.js";
import { steadyPause } from "./steady.js";
import { Backoff, randomId } from "./timing.js";

/** A player of ours. Events: `state`, `control`, `channel`, `end`. */
export class Player extends Emitter {
  /** @private */
  constructor(link, bookingId, speak) {
    super();
    /** @private */
    this.link = link;
    this.bookingId = bookingId;
    this.connection = link.connection;
    /** The first channel the player has opened, once he has. */
    this.channel = null;
    /** @private */
    this.speak = speak;
    /** Its place in the room, while it has one. @private */
    this.peer = null;
    link.on("channel", (channel) => {
      this.channel ??= channel;
      channel.addEventListener("close", () => this.#part());
      this.emit("channel", channel);
    });
    link.on("state", (state) => {
      this.emit("state", state);
      this.#part();
    });
    link.on("end", (error) => this.emit("end", error));
  }

  get state() {
    return this.link.state;
  }

  path() {
    return this.link.path();
  }

  /** Say something beside the connection. */
  control(action, payload) {
    return this.speak({ type: "control", action, payload });
  }

  /** Part with this player; his slot is free. */
  close() {
    this.link.close();
  }

  /** @private his socket is in the room, at this place */
  at(peer) {
    this.peer = peer;
  }

  /** @private his socket has left the room: he may be gone, or only the way to the server */
  left() {
    this.peer = null;
    this.#part();
  }

  #part() {
    if (isOver(this.link, this.channel, this.peer === null)) {
      this.link.close(new MatchdError("gone", "The player has left."));
    }
  }
}

export class HostSession extends Emitter {
  #kit;
  #options;
  #socket = null;
  #stop = new AbortController();
  #wake = null;
  #iceServers = [];
  /** The players by booking, and which booking is whose place. */
  #seats = new Map();
  #places = new Map();
  #status = "idle";

  /** @private made by `hostSession` */
  constructor(kit, options) {
    super();
    this.#kit = kit;
    this.#options = options;
    this.hostId = options.hostId ?? `web-${randomId()}`;
    this.roomId = options.roomId ?? randomId();
    this.capacity = options.capacity ?? 1;
  }

  /** Those who are connected. */
  get players() {
    return [...this.#seats.values()].filter((player) => player.state !== "connecting");
  }

  /** @private register, open the room, keep both up */
  async start(signal) {
    needWebRtc(this.#kit);
    const answer = await this.#beat(signal);
    const { token } = this.#options;
    this.#socket = new Socket(this.#kit, { path: "/", query: () => ({ roomId: this.roomId, token }) });
    this.#socket.on("message", (message) => this.#hear(message));
    this.#socket.on("end", (error) => this.#finish(error));
    this.#socket.on("open", () => this.#back());
    const abort = () => this.#socket.close(signal.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.#socket.opened;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    this.#keep(answer.interval);
  }

  /** Whether new players are taken ("idle") or not ("busy"). */
  async setStatus(status, { signal } = {}) {
    this.#status = status;
    await this.#beat(signal);
  }

  /** Say goodbye: out of the pool at once, all players end. */
  async close() {
    if (this.#stop.signal.aborted) return;
    const path = `/api/host/${this.hostId}`;
    this.#socket?.close();
    this.#finish(new MatchdError("closed", "It was closed here."));
    for (const player of [...this.#seats.values()]) player.close();
    await this.#ask("DELETE", path, { timeout: 5000 }).catch(() => {});
  }

  /** In the room again: a server that has lost everything is to hear at once who this is. */
  #back() {
    this.#wake?.();
    for (const player of this.#seats.values()) player.link.renew();
  }

  async #keep(interval) {
    const backoff = new Backoff(1000, 10_000);
    let wait = interval * 1000;
    while (!this.#stop.signal.aborted) {
      await this.#pause(wait * (0.9 + Math.random() * 0.2));
      if (this.#stop.signal.aborted) return;
      try {
        wait = (await this.#beat(this.#stop.signal)).interval * 1000;
        backoff.reset();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.emit("trouble", error);
        wait = backoff.next((error.retryAfter ?? 1) * 1000);
      }
    }
  }

  async #pause(milliseconds) {
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    await steadyPause(milliseconds, waking.signal).catch(() => {});
  }

  async #beat(signal) {
    const { region, game, gameInfo } = this.#options;
    const free = this.#status === "idle" ? this.capacity - this.#seats.size : 0;
    const body = {
      ...{ hostId: this.hostId, roomId: this.roomId, region, game, gameInfo },
      ...{ capacity: this.capacity, availableSlots: Math.max(0, free) },
    };
    const answer = await this.#ask("POST", "/api/host/heartbeat", { body, signal, retry: true });
    this.emit("beat", answer);
    if (answer.drain) this.emit("drain");
    return answer;
  }

  #ask(method, path, options) {
    return this.#kit.http.ask(method, path, { ...options, token: this.#options.token ?? null });
  }

  /** Tell the server where a booking stands, and how many slots there are now. */
  async #say(status, bookingId) {
    if (bookingId === null || this.#stop.signal.aborted) return;
    const body = { hostId: this.hostId, status, bookingId };
    await this.#ask("POST", "/api/host/status", { body, retry: true }).catch((error) => {
      if (error.status !== 404) this.emit("trouble", error);
    });
    this.#wake?.();
  }

  #hear(message) {
    const { type, action, payload, peer } = message;
    if (type === "peer-disconnected") {
      this.#leave(peer);
    } else if (type === "control" && action === "ice") {
      this.#iceServers = payload.iceServers;
      this.#seats.forEach((player) => player.link.setIceServers(payload.iceServers));
    } else if (type === "control" && action === "peer-joined") {
      this.#places.set(peer, payload.bookingId ?? peer);
      this.#seats.get(this.#bookingOf(peer))?.at(peer);
      this.emit("booked", { peer, bookingId: payload.bookingId ?? null });
    } else if (type === "control") {
      this.#seats.get(this.#bookingOf(peer))?.emit("control", action, payload);
    } else {
      this.#negotiate(peer, saidIn(message));
    }
  }

  #bookingOf(peer) {
    return this.#places.get(peer) ?? peer;
  }

  #negotiate(peer, said) {
    if (said === null) return;
    const booking = this.#bookingOf(peer);
    let player = this.#seats.get(booking);
    if (said.description?.type === "offer" && !(player && continues(player, said.description))) {
      player?.link.close(new MatchdError("replaced", "The player has begun anew."));
      player = this.#admit(booking, peer);
    }
    if (!player) return;
    player.at(peer);
    player.link.hear(said);
  }

  #admit(booking, peer) {
    const { iceTransportPolicy, prepare } = this.#options;
    const config = { iceServers: this.#iceServers, iceTransportPolicy: iceTransportPolicy ?? "all" };
    const speak = (message) => this.#socket.send({ ...message, peer: player.peer });
    const send = (said) => speak(messageOf(said));
    const link = new PeerLink(this.#kit, config, { leads: false, send });
    const bookingId = this.#places.has(booking) ? null : booking;
    const player = new Player(link, bookingId, speak);
    player.at(peer);
    prepare?.(player.connection, player);
    this.#seats.set(booking, player);
    this.#greet(player);
    link.on("end", () => {
      if (this.#seats.get(booking) !== player) return;
      this.#seats.delete(booking);
      this.#say("idle", bookingId);
    });
    return player;
  }

  async #greet(player) {
    const channel = player.next("channel").then(channelOpen);
    const media = player.link.connected().then(() => {
      // A connection for media alone has no channel.
      const hasChannel = player.connection.remoteDescription.sdp.includes("m=application");
      return hasChannel ? channel : undefined;
    });
    try {
      // The connection may say later that it is there: by then the player has spoken.
      await Promise.race([channel, media]);
    } catch {
      return;
    }
    this.#say("busy", player.bookingId);
    this.emit("player", player);
  }

  /** A player's socket is gone: for good where his connection is gone too, or never came to be. */
  #leave(peer) {
    const booking = this.#bookingOf(peer);
    const player = this.#seats.get(booking);
    this.#places.delete(peer);
    if (player?.peer === peer) player.left();
  }

  #finish(error) {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(error);
    this.#wake?.();
    this.emit("end", error);
  }
}

/** Whether an offer goes on with the connection that is there: the same key on the other side. */
function continues(player, description) {
  const former = player.connection.remoteDescription;
  return former !== null && fingerprintOf(former.sdp) === fingerprintOf(description.sdp);
}
