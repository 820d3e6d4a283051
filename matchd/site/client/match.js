/**
 * Find a match and connect to its host (wire.md 2.3, 2.5).
 *
 * The search survives failures that pass: its Idempotency-Key brings back the same booking. A booking
 * that comes to nothing here is given back, so that its slot is free for the next player.
 */

import { Emitter } from "./emitter.js";
import { MatchdError, needWebRtc } from "./errors.js";
import { PeerLink } from "./link.js";
import { channelOpen, isOver, messageOf, openChannels, saidIn } from "./signaling.js";
import { Socket } from "./socket.js";
import { limited, pause, randomId, unless } from "./timing.js";

const POLL = 10;
/** Milliseconds that a restart of the server may take while one stands in the line. */
const PATIENCE = 60_000;
const CONNECTING = 45_000;

/** A booking with its connection. Events: `state`, `control`, `channel`, `ended`, `signaling`, `end`. */
export class Match extends Emitter {
  #kit;
  #socket;
  #link;
  #met = false;
  #left = null;

  /** @private made by `findMatch` */
  constructor(kit, found, options, socket) {
    super();
    this.#kit = kit;
    this.#socket = socket;
    this.bookingId = found.bookingId;
    this.roomId = found.roomId;
    this.hostId = found.hostId;
    this.region = found.region;
    /** The credential of this booking: keep it secret. */
    this.grant = found.grant;
    const { iceTransportPolicy, channels = [{ label: "game" }], prepare } = options;
    const config = { iceServers: found.iceServers, iceTransportPolicy: iceTransportPolicy ?? "all" };
    const send = (said) => socket.send(messageOf(said));
    const link = new PeerLink(kit, config, { leads: true, send });
    this.#link = link;
    this.connection = link.connection;
    this.channels = openChannels(this.connection, channels);
    [this.channel = null] = this.channels;
    prepare?.(this.connection);
    this.#listen();
  }

  /** "connecting", "connected" or "reconnecting". */
  get state() {
    return this.#link.state;
  }

  /** How the two reach each other now: see `Path`. */
  path() {
    return this.#link.path();
  }

  /** Say something to the host beside the connection; whether signaling was open. */
  control(action, payload) {
    return this.#socket.send({ type: "control", action, payload });
  }

  /** Part: the booking is given back, the connection closed. */
  async close() {
    this.#link.close();
    this.#socket.close();
    await release(this.#kit, this);
  }

  /**
   * Resolves with the first channel open: the connection may say later that it is there, and who waited
   * for that would not hear the other side's first words.
   * @private
   */
  connect(signal) {
    const failed = new Promise((resolve, reject) => {
      for (const name of ["ended", "signaling", "end"]) this.on(name, reject);
    });
    const ready = this.channel ? channelOpen(this.channel) : this.#link.connected();
    return unless(signal, Promise.race([failed, ready]));
  }

  /** @private */
  explain() {
    return this.#link.explain();
  }

  #listen() {
    const socket = this.#socket;
    const link = this.#link;
    socket.on("open", () => link.renew());
    socket.on("message", (message) => this.#hear(message));
    socket.on("end", (error) => this.#over(error));
    link.on("state", (state) => {
      this.emit("state", state);
      this.#part();
    });
    link.on("channel", (channel) => this.emit("channel", channel));
    this.channel?.addEventListener("close", () => this.#part());
    link.on("end", (error) => {
      socket.close();
      this.emit("end", error);
    });
  }

  #hear(message) {
    const said = saidIn(message);
    if (said) this.#link.hear(said);
    else if (message.type === "control") this.#control(message);
  }

  #control({ action, payload }) {
    if (action === "peer-joined") {
      // What was said before the first host came was kept for it; a host that came back heard nothing.
      if (this.#met) this.#link.renew();
      this.#met = true;
    } else if (action === "ice") {
      this.#link.setIceServers(payload.iceServers);
    } else {
      this.emit("control", action, payload);
    }
  }

  #over(error) {
    if (error.code === "closed") return;
    // The peers may well talk on: only the booking, or the way to the server, is gone.
    const ended = error.code === "gone" || error.code === "booking_over";
    this.#left = ended ? error : null;
    this.emit(ended ? "ended" : "signaling", error);
    this.#part();
  }

  /** Once the booking is over, a connection that breaks is not mended. */
  #part() {
    if (!isOver(this.#link, this.channel, this.#left !== null)) return;
    this.#link.close(this.#left ?? new MatchdError("gone", "The host has left."));
  }
}

/** Find a host and connect to it. See `Matchd.findMatch`. */
export async function findMatch(kit, options = {}) {
  needWebRtc(kit);
  const { signal } = options;
  const found = await book(kit, options);
  const limit = limited(signal, options.connectTimeout ?? CONNECTING);
  const socket = new Socket(kit, { url: found.signalingUrl, query: () => ({ roomId: found.roomId }) });
  let match = null;
  try {
    await unless(limit.signal, socket.opened);
    match = new Match(kit, found, options, socket);
    await match.connect(limit.signal);
    return match;
  } catch (error) {
    socket.close();
    const timedOut = !signal?.aborted && error.code === "timeout" && match !== null;
    const message = timedOut ? await match.explain() : "";
    match?.connection.close();
    release(kit, found);
    throw timedOut ? new MatchdError("connection_failed", message, { cause: error }) : error;
  } finally {
    limit.done();
  }
}

/** A booking that is held for us; waits in the line where that is asked for. */
async function book(kit, options) {
  const { signal, region, regions, anyRegion, hostId, game } = options;
  const patience = waitOf(options.wait);
  const body = { region, regions, anyRegion, hostId, game, async: patience > 0 ? true : undefined };
  const headers = { "Idempotency-Key": randomId() };
  const asked = { body, headers, signal, retry: true };
  const answer = await kit.http.ask("POST", "/api/match/find", asked);
  if (answer.found) return answer;
  try {
    return { ...answer, ...(await stand(kit, answer, Date.now() + patience * 1000, options)) };
  } catch (error) {
    release(kit, answer);
    throw error;
  }
}

async function stand(kit, place, deadline, { signal, onWaiting }) {
  const path = `/api/match/${place.bookingId}`;
  for (let view = place; ; ) {
    onWaiting?.({ position: view.position, etaSeconds: view.etaSeconds ?? null });
    const left = Math.min(POLL, (deadline - Date.now()) / 1000);
    if (left <= 0) throw new MatchdError("no_host", "No host became free in time.", { status: 404 });
    const asked = { query: { wait: left.toFixed(1) }, token: place.grant, patience: PATIENCE, signal };
    view = await kit.http.ask("GET", path, asked);
    if (view.state === "held" || view.state === "connected") return view;
    if (view.state !== "waiting") {
      throw new MatchdError("booking_over", "The place in the line was lost.", { status: 410, details: view });
    }
    await pause(50, signal);
  }
}

async function release(kit, { bookingId, grant }) {
  const path = `/api/match/${bookingId}/release`;
  // Nothing hangs on it: what is not given back lapses.
  await kit.http.ask("POST", path, { token: grant, timeout: 5000 }).catch(() => {});
}

const waitOf = (wait) => (wait === true ? 86_400 : Number(wait ?? 0));
