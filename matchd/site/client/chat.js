/**
 * Chat (wire.md 7): every message of a room once, in order, whatever the socket goes through; what one
 * says is stored when `send` resolves, and sent again until then.
 *
 * Rooms are called as the server calls them; `@name` is the direct line to a player. Events: `message`,
 * `edited`, `deleted`, `joined` (room, who, by), `left` (room, who), `typing` (room, who), `gap`, `away`,
 * `back`, `end`.
 */

import { Emitter } from "./emitter.js";
import { MatchdError } from "./errors.js";
import { Socket } from "./socket.js";
import { randomId, unless } from "./timing.js";

export class Chat extends Emitter {
  #kit;
  #socket;
  #opened;
  /** What was not acknowledged yet, by id. */
  #pending = new Map();
  /** The last number of each room that was handed on. */
  #seen = new Map();
  #lists = [];
  #receipts;
  #receipted = false;

  /** @private made by `chat` */
  constructor(kit, { receipts = false }) {
    super();
    this.#kit = kit;
    this.#receipts = receipts;
    /** The rooms one is in, as the socket has named them. @type {Set<string>} */
    this.rooms = new Set();
    this.#socket = new Socket(kit, {
      path: "/chat/connect",
      proves: true,
      query: () => ({ v: 1 }),
      renewal: (token) => ({ action: "Reauth", data: token }),
    });
    this.#opened = this.#socket.opened;
    this.#socket.on("message", (message) => this.#hear(message));
    this.#socket.on("away", () => this.emit("away"));
    this.#socket.on("open", () => this.#back());
    this.#socket.on("end", (error) => this.#finish(error));
  }

  /** Say something; resolves with `{seq, timestamp}` when it is stored. */
  send(room, content, { signal, id = randomId() } = {}) {
    const stored = new Promise((resolve, reject) => {
      const frame = { action: "Message", data: { room, content, id } };
      this.#pending.set(id, { frame, resolve, reject });
      this.#socket.send(frame);
    });
    return unless(signal, stored);
  }

  /** Everything up to this number has been read. */
  read(room, seq) {
    return this.#socket.send({ action: "Ack", data: { room, seq } });
  }

  /** Show the others of a room that one writes. */
  typing(room) {
    return this.#socket.send({ action: "Typing", data: room });
  }

  /** Whom one might talk to: friends, and who is in the chat now. */
  users({ signal } = {}) {
    const listed = new Promise((resolve, reject) => {
      this.#lists.push({ resolve, reject });
      this.#socket.send({ action: "ListUsers" });
    });
    return unless(signal, listed);
  }

  create(room, users = [], options = {}) {
    return this.#ask("POST", ["create", room, ...users], options);
  }

  add(room, user, options = {}) {
    return this.#ask("POST", ["adduser", room, user], options);
  }

  async leave(room, options = {}) {
    await this.#ask("DELETE", ["leave", room], options);
    this.#forget(room);
  }

  kick(room, user, options = {}) {
    return this.#ask("POST", ["kick", room, user], options);
  }

  /** Silence somebody, or (`muted` false) let him speak again. */
  mute(room, user, muted = true, options = {}) {
    return this.#ask(muted ? "POST" : "DELETE", ["mute", room, user], options);
  }

  edit(room, seq, content, options = {}) {
    return this.#ask("PATCH", ["message", room, seq], { ...options, body: { content } });
  }

  /** Take back what one has said. */
  delete(room, seq, options = {}) {
    return this.#ask("DELETE", ["message", room, seq], options);
  }

  /** `{messages, cursor, last, gap?}`: before or after a number. */
  history(room, { before, after, limit, signal } = {}) {
    return this.#ask("GET", ["history", room], { query: { before, after, limit }, signal });
  }

  /** `[{room, unread, cursor, last}]`. */
  unread(options = {}) {
    return this.#ask("GET", ["unread"], options);
  }

  close() {
    this.#socket.close();
  }

  /** @private */
  entered(signal) {
    return unless(signal, this.#opened);
  }

  #ask(method, parts, options) {
    const path = parts.map((part) => encodeURIComponent(part)).join("/");
    return this.#kit.http.ask(method, `/chat/${path}`, options);
  }

  #back() {
    this.#receipted = false;
    // What another device has acknowledged meanwhile comes by no other way.
    if (this.#seen.size > 0) this.#socket.send({ action: "Sync", data: Object.fromEntries(this.#seen) });
    for (const { frame } of this.#pending.values()) this.#socket.send(frame);
    if (this.#lists.length > 0) this.#socket.send({ action: "ListUsers" });
    this.emit("back");
  }

  #hear(message) {
    const { action, data } = message;
    switch (action) {
      case "Message":
        return this.#message(data);
      case "Ack":
        return this.#settle(data.id, (one) => one.resolve(data));
      case "Error":
        return this.#refused(message);
      case "Add":
        this.rooms.add(data.room);
        this.#promise(data.room);
        return this.emit("joined", data.room, data.added, data.adder ?? null);
      case "Leave":
        return this.#left(data);
      case "List":
        for (const { resolve } of this.#lists.splice(0)) resolve(data);
        return undefined;
      case "Typing":
        return this.emit("typing", ...data);
      case "Edited":
      case "Deleted":
      case "Gap":
        return this.emit(action.toLowerCase(), data);
      case "Reauth":
        return this.#socket.reauth(data);
      default:
        return undefined;
    }
  }

  /** Whoever has sent one `Ack` is taken to have read nothing that he does not say. */
  #promise(room) {
    if (this.#receipts && !this.#receipted) this.#receipted = this.read(room, 0);
  }

  #message(data) {
    if (data.seq <= (this.#seen.get(data.room) ?? 0)) return;
    this.#seen.set(data.room, data.seq);
    this.emit("message", data);
  }

  #left([room, who]) {
    if (who === this.#kit.session.account?.name) this.#forget(room);
    this.emit("left", room, who);
  }

  #forget(room) {
    this.rooms.delete(room);
    this.#seen.delete(room);
  }

  #refused({ data, code, id, retryAfter }) {
    const error = new MatchdError(code ?? "invalid_request", data, { retryAfter });
    if (!this.#settle(id, (one) => one.reject(error))) this.emit("refused", error);
  }

  #settle(id, end) {
    const one = this.#pending.get(id);
    this.#pending.delete(id);
    if (one) end(one);
    return one !== undefined;
  }

  #finish(error) {
    for (const { reject } of [...this.#pending.values(), ...this.#lists]) reject(error);
    this.#pending.clear();
    this.#lists = [];
    this.emit("end", error);
  }
}
