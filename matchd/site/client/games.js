/** The queue, and a game over `/ws/game` (wire.md 6). */

import { Emitter } from "./emitter.js";
import { MatchdError } from "./errors.js";
import { Socket } from "./socket.js";
import { Backoff, pause, unless } from "./timing.js";

const POLL = 25;
/** Milliseconds that a place is kept for somebody who does not ask for it. */
const LEASE = 60_000;

/** Stand in the queue until there is a game; resolves with it, connected. */
export async function joinQueue(kit, options = {}) {
  const { mode, region, properties, party, signal, onWaiting } = options;
  const body = { mode, region, properties, party };
  const join = (patience) => kit.http.ask("POST", "/game/join/", { body, signal, retry: true, patience });
  let place;
  try {
    place = await join(0);
    while (place.queued) {
      onWaiting?.({ position: place.position, size: place.size, etaSeconds: place.etaSeconds ?? null });
      place = await stand(kit, join, signal);
    }
  } catch (error) {
    // Whoever does not wait any more must not be given a game.
    kit.http.ask("POST", "/game/leave/", { timeout: 5000, body: {} }).catch(() => {});
    throw error;
  }
  return enterGame(kit, place.game_id, options);
}

/** The place after the next news of it; one that was lost is taken anew. */
async function stand(kit, join, signal) {
  const began = Date.now();
  try {
    const asked = { query: { wait: POLL }, timeout: (POLL + 10) * 1000, patience: LEASE, signal };
    const place = await kit.http.ask("GET", "/game/queue/", asked);
    if (place.queued && Date.now() - began < 1000) await pause(new Backoff().next(500), signal);
    return place;
  } catch (error) {
    if (error.code !== "not_queued") throw error;
    return join(LEASE);
  }
}

/** Connect to a game one belongs to. */
export async function enterGame(kit, id, { signal } = {}) {
  const game = new Game(kit, id);
  try {
    await game.entered(signal);
    return game;
  } catch (error) {
    game.close();
    throw error;
  }
}

/**
 * A game. Events: `state` (the whole `game_state`), `start`, `move` (from, movement, seq), `action` (from,
 * action, data, seq), `ready`, `disconnected` (id, deadline), `reconnected`, `over`, `refused`, `away`,
 * `back`, `end`.
 */
export class Game extends Emitter {
  #socket;
  #entered;
  #ready = false;

  /** @private */
  constructor(kit, id) {
    super();
    this.id = id;
    this.me = kit.session.account?.id ?? null;
    /** The last `game_state`, and what came since; null before the first. @type {any} */
    this.view = null;
    this.#socket = new Socket(kit, {
      path: `/ws/game/${encodeURIComponent(id)}/`,
      proves: true,
      query: () => ({ v: 1 }),
      renewal: (token) => ({ type: "reauth", token }),
    });
    this.#entered = new Promise((resolve, reject) => {
      this.on("state", resolve);
      this.on("end", reject);
    });
    this.#entered.catch(() => {});
    this.#socket.on("message", (message) => this.#hear(message));
    this.#socket.on("away", () => this.emit("away"));
    this.#socket.on("open", () => this.#back());
    this.#socket.on("end", (error) => this.emit("end", error));
  }

  /** "waiting_for_players", "waiting_for_ready", "active" or "finished". */
  get state() {
    return this.view?.state ?? null;
  }

  get players() {
    return this.view?.players ?? [];
  }

  /** Say that one is ready; said again after a reconnect. */
  ready() {
    this.#ready = true;
    return this.#socket.send({ type: "player_ready" });
  }

  /** For the others, while the game is active; whether the socket was open. */
  move(movement) {
    return this.#socket.send({ type: "player_move", movement });
  }

  act(action, data = {}) {
    return this.#socket.send({ type: "game_action", action, data });
  }

  /** Report the result: a number for each player's id. */
  finish(scores) {
    return this.act("finish", { scores });
  }

  /** Ask how things stand; answered by `state`. */
  resync() {
    return this.#socket.send({ type: "resync" });
  }

  /** Leave the socket; a game that goes on is forfeited after its grace. */
  close() {
    this.#socket.close();
  }

  /** @private */
  entered(signal) {
    return unless(signal, this.#entered);
  }

  /** The view stays true between two of the server's. */
  #mark(id, news) {
    const players = this.players.map((one) => (one.id === id ? { ...one, ...news } : one));
    this.view = { ...this.view, players };
  }

  #back() {
    if (this.view === null) return;
    if (this.#ready && this.state !== "active") this.#socket.send({ type: "player_ready" });
    this.emit("back");
  }

  #hear(message) {
    const { type, user_id: from } = message;
    switch (type) {
      case "game_state":
        this.view = message;
        return this.emit("state", message);
      case "player_ready":
        this.#mark(from, { ready: true });
        return this.emit("ready", from);
      case "game_start":
        return this.emit("start");
      case "player_move":
        return this.emit("move", from, message.movement, message.seq);
      case "game_action":
        return this.emit("action", from, message.action, message.data, message.seq);
      case "player_disconnected":
        this.#mark(from, { connected: false });
        return this.emit("disconnected", from, message.deadline);
      case "player_reconnected":
        this.#mark(from, { connected: true });
        return this.emit("reconnected", from);
      case "game_over":
        return this.emit("over", message);
      case "reauth":
        return this.#socket.reauth(message);
      case "error":
        return this.emit("refused", new MatchdError(message.code, message.error));
      default:
        return undefined;
    }
  }
}
