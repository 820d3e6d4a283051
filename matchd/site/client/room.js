/**
 * A room for peer-to-peer games (wire.md 3), or the members of a lobby (wire.md 5): its socket, and the
 * mesh of peers. Events: `peer` (connected, channels open), `left`, `away`, `back`, `end`.
 */

import { Emitter } from "./emitter.js";
import { needWebRtc } from "./errors.js";
import { Mesh } from "./mesh.js";
import { Socket } from "./socket.js";
import { unless } from "./timing.js";

export class Room extends Emitter {
  #mesh;
  #socket;
  #resume = null;
  #welcomed;
  #here = new Set();

  /** @private made by `joinRoom` and by a lobby */
  constructor(kit, path, options) {
    super();
    needWebRtc(kit);
    /** Our own id, which changes when the room begins anew. @type {string | null} */
    this.peerId = null;
    const { next, topology } = options;
    const tell = (to, data) => this.#socket.send({ type: "signal", to, data });
    this.#mesh = new Mesh(kit, options, tell, (peer) => this.#joined(peer));
    this.#socket = new Socket(kit, {
      path,
      proves: true,
      query: () => ({ v: 1, next, topology, resume: this.#resume }),
      renewal: (token) => ({ type: "reauth", token }),
    });
    this.#welcomed = new Promise((resolve, reject) => {
      this.#socket.on("message", (message) => message.type === "welcome" && resolve(undefined));
      this.#socket.on("end", reject);
    });
    this.#welcomed.catch(() => {});
    this.#listen();
  }

  /** Those who are connected to us. @returns {import("./mesh.js").RoomPeer[]} */
  get peers() {
    return [...this.#here];
  }

  /** Resolves with the peers when there are so many others. */
  whenPeers(count, { signal } = {}) {
    const enough = new Promise((resolve, reject) => {
      const look = () => this.#here.size >= count && resolve(this.peers);
      this.on("peer", look);
      this.on("end", reject);
      look();
    });
    return unless(signal, enough);
  }

  /** Send to everybody over their first channel. */
  broadcast(data) {
    for (const peer of this.#here) peer.send(data);
  }

  /** Leave; the others see it at once. */
  close() {
    this.#socket.close();
  }

  /** @private */
  entered(signal) {
    return unless(signal, this.#welcomed);
  }

  #listen() {
    const socket = this.#socket;
    socket.on("message", (message) => this.#hear(message));
    socket.on("away", () => this.emit("away"));
    socket.on("end", (error) => {
      // Only who leaves hangs up; after any other end the peers may well talk on.
      if (error.code === "closed") this.#mesh.close(error);
      this.emit("end", error);
    });
  }

  #hear(message) {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "peer-joined":
        return this.#mesh.came(message);
      case "peer-left":
        return this.#mesh.left(message.peerId);
      case "signal":
        return this.#mesh.heard(message.from, message.data);
      case "ice":
        return this.#mesh.setIceServers(message.iceServers);
      case "resync":
        return this.#mesh.resync();
      case "reauth":
        return this.#socket.reauth(message);
      default:
        return undefined;
    }
  }

  #welcome({ peerId, resume, resumed, roster, iceServers }) {
    const again = this.peerId !== null;
    this.peerId = peerId;
    this.#resume = resume;
    this.#mesh.welcome(peerId, again && resumed, roster, iceServers);
    if (again) this.emit("back", { resumed });
  }

  #joined(peer) {
    this.#here.add(peer);
    peer.on("end", (error) => {
      this.#here.delete(peer);
      this.emit("left", peer, error);
    });
    this.emit("peer", peer);
  }
}

/** Enter a room; resolves when the server has let us in. */
export async function enterRoom(kit, path, options) {
  const room = new Room(kit, path, options);
  try {
    await room.entered(options.signal);
    return room;
  } catch (error) {
    room.close();
    throw error;
  }
}
