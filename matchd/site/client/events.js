/**
 * The event socket (wire.md 8): what concerns the player, as it happens, each event once, with those
 * missed while it was away. One socket serves everybody in this program who listens.
 *
 * Events: each by its type (`friend.request`, `lobby.changed`, `queue.matched`, …), every one of them
 * also as `event`; `stale` when what was read before has to be read again, after the first hello too;
 * `away`, `back`, `end`.
 */

import { Emitter } from "./emitter.js";
import { Socket } from "./socket.js";
import { unless } from "./timing.js";

const OWN = new Set(["hello", "live", "error", "reauth", "reauthed", "gap"]);

export class EventFeed extends Emitter {
  #socket;
  #last = null;
  #greeted;

  /** @private made by `events` */
  constructor(kit) {
    super();
    /** What this server's event sockets can do. @type {string[]} */
    this.features = [];
    this.#socket = new Socket(kit, {
      path: "/events",
      proves: true,
      query: () => ({ v: 1, after: this.#last }),
      renewal: (token) => ({ type: "reauth", token }),
    });
    this.#socket.on("message", (message) => this.#hear(message));
    this.#socket.on("away", () => this.emit("away"));
    this.#socket.on("end", (error) => this.emit("end", error));
    this.#greeted = new Promise((resolve, reject) => {
      this.on("hello", resolve);
      this.on("end", reject);
    });
    this.#greeted.catch(() => {});
  }

  /** Resolves when the server has said hello. */
  ready({ signal } = {}) {
    return unless(signal, this.#greeted);
  }

  close() {
    this.#socket.close();
  }

  #hear(message) {
    const { type, id } = message;
    const again = this.#last !== null;
    if (id) this.#last = id;
    if (type === "reauth") this.#socket.reauth(message);
    if (type === "hello") this.#hello(message, again);
    if (type === "gap") this.emit("stale");
    if (OWN.has(type)) return;
    this.emit(type, message);
    this.emit("event", message);
  }

  #hello({ features }, again) {
    this.features = features;
    this.emit("hello");
    if (again) this.emit("back");
    // What happened before the first hello is told to nobody, and not everything is replayed after others.
    this.emit("stale");
  }
}
