/**
 * The client of matchd, for browsers and Node: no dependencies, no build step.
 *
 *     import { Matchd } from "https://play.example.net/client.js";
 *
 *     const matchd = new Matchd();
 *     const match = await matchd.findMatch({ region: "eu", wait: 60 });
 *     match.connection;                     // a connected RTCPeerConnection
 *     match.channel.send("hello");
 *
 * Every call takes an AbortSignal (`signal`), which ends the call; what the call has made ends by its
 * own `close`. Every error is a MatchdError with a stable `code`, or the signal's reason. What is open
 * comes back by itself after a restart of the server or a lost network. `client.d.ts` has all types.
 */

import { Accounts } from "./client/accounts.js";
import { Chat } from "./client/chat.js";
import { checkConnection } from "./client/check.js";
import { MatchdError } from "./client/errors.js";
import { EventFeed } from "./client/events.js";
import { Friends } from "./client/friends.js";
import { Game, enterGame, joinQueue } from "./client/games.js";
import { HostSession, Player } from "./client/host.js";
import { Http } from "./client/http.js";
import { KeyAccount } from "./client/keys.js";
import { Lobbies, Lobby } from "./client/lobbies.js";
import { Match, findMatch } from "./client/match.js";
import { RoomPeer } from "./client/mesh.js";
import { Room, enterRoom } from "./client/room.js";
import { Session } from "./client/session.js";
import { pathOf } from "./client/path.js";

export {
  Chat,
  EventFeed,
  Friends,
  Game,
  HostSession,
  KeyAccount,
  Lobbies,
  Lobby,
  Match,
  MatchdError,
  Player,
  Room,
  RoomPeer,
  pathOf,
};

/** One server, and who one is there. */
export class Matchd {
  #kit;
  #accounts;
  #events = null;

  /**
   * @param {string | URL} [server] the server's address; where this module comes from, if not said
   * @param {{storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">, fetch?: typeof fetch,
   *   WebSocket?: any, RTCPeerConnection?: any}} [options] `storage`: where to keep the login
   *   (localStorage: for all tabs, until a logout); the others: for environments without their own
   */
  constructor(server = new URL("/", import.meta.url), options = {}) {
    const { fetch = globalThis.fetch?.bind(globalThis), storage } = options;
    const http = new Http(new URL(server).origin, fetch);
    const session = new Session(http, storage);
    http.use(session);
    this.#kit = {
      ...{ http, session, events: () => this.events() },
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      RTCPeerConnection: options.RTCPeerConnection ?? globalThis.RTCPeerConnection,
    };
    this.#accounts = new Accounts(http, session);
    this.friends = new Friends(http);
    this.lobbies = new Lobbies(this.#kit);
    session.on("change", () => this.#forget());
  }

  /** The server's origin. */
  get server() {
    return this.#kit.http.base;
  }

  /** `{id, name}`, or null for a guest. */
  get account() {
    return this.#kit.session.account;
  }

  /** `change` (account or null), or `expired`: log in again. Returns how to stop. */
  on(name, listener, options) {
    return this.#kit.session.on(name, listener, options);
  }

  /**
   * A new account with a password.
   * @param {{name: string, password: string, device?: string, signal?: AbortSignal}} options
   */
  signUp(options) {
    return this.#accounts.signUp(options);
  }

  /**
   * `{name, password}`, or `{key, username}`, or `{token, refreshToken}` from elsewhere.
   * @param {import("./client/accounts.js").Login} options
   */
  login(options) {
    return this.#accounts.login(options);
  }

  /**
   * End this login, or (`everywhere`) all of the account.
   * @param {{everywhere?: boolean, signal?: AbortSignal}} [options]
   */
  logout(options) {
    return this.#accounts.logout(options);
  }

  /** The account and its logins. */
  me(options) {
    return this.#accounts.me(options);
  }

  exportData(options) {
    return this.#accounts.exportData(options);
  }

  isNameTaken(name, options) {
    return this.#accounts.isNameTaken(name, options);
  }

  changePassword(former, next, options) {
    return this.#accounts.changePassword(former, next, options);
  }

  deleteAccount(options) {
    return this.#accounts.deleteAccount(options);
  }

  /**
   * Find a host and connect to it.
   * @param {import("./client/match.js").FindOptions} [options]
   * @returns {Promise<Match>}
   */
  findMatch(options) {
    return findMatch(this.#kit, options);
  }

  /**
   * Be a host: registered, in its room, ready for players.
   * @param {import("./client/host.js").HostOptions} [options]
   * @returns {Promise<HostSession>}
   */
  async hostSession(options = {}) {
    const session = new HostSession(this.#kit, options);
    try {
      await session.start(options.signal);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /**
   * Meet everybody who opens the same room.
   * @param {string} name
   * @param {import("./client/room.js").RoomOptions} [options]
   * @returns {Promise<Room>}
   */
  joinRoom(name, options = {}) {
    return enterRoom(this.#kit, `/matchbox/${encodeURIComponent(name)}`, options);
  }

  /**
   * A new lobby, with us in it.
   * @param {import("./client/lobbies.js").LobbyOptions} options
   * @returns {Promise<Lobby>}
   */
  createLobby(options) {
    return this.lobbies.create(options);
  }

  /**
   * By `{id}` or `{code}`.
   * @param {{id?: string, code?: string, password?: string, signal?: AbortSignal}} options
   * @returns {Promise<Lobby>}
   */
  joinLobby(options) {
    return this.lobbies.join(options);
  }

  /**
   * Wait for others to play with; resolves with the game.
   * @param {import("./client/games.js").QueueOptions} [options]
   * @returns {Promise<Game>}
   */
  joinQueue(options) {
    return joinQueue(this.#kit, options);
  }

  /** A game one belongs to, by its id. */
  joinGame(id, options) {
    return enterGame(this.#kit, id, options);
  }

  /** The games one has played: `{items, cursor}`. */
  history({ limit, cursor, signal } = {}) {
    return this.#kit.http.page("/game/history/", { query: { limit, cursor }, signal });
  }

  /** With `receipts`, a message counts as unread until `read`; without, once it has arrived. */
  async chat({ signal, receipts } = {}) {
    const chat = new Chat(this.#kit, { receipts });
    try {
      await chat.entered(signal);
      return chat;
    } catch (error) {
      chat.close();
      throw error;
    }
  }

  /** What concerns the player, as it happens. One socket for all who ask; it ends with the login. */
  events() {
    if (this.#events === null) {
      const events = new EventFeed(this.#kit);
      this.#events = events;
      events.on("end", () => {
        if (this.#events === events) this.#events = null;
      });
    }
    return this.#events;
  }

  /** Report something to the people who run the server. */
  report({ issue, name, target, room, seq, signal }) {
    return this.#kit.http.ask("POST", "/report", { body: { issue, name, target, room, seq }, signal });
  }

  /** A report of one's own, and what has become of it. */
  reportState(id, options = {}) {
    return this.#kit.http.ask("GET", `/report/${encodeURIComponent(id)}`, options);
  }

  /** STUN and TURN servers: TURN while one is in a lobby, a booking or a game. */
  iceServers(options = {}) {
    return this.#kit.http.ask("GET", "/ice-servers", options);
  }

  /** Whether the STUN and TURN servers can be used from here, each with an explanation. */
  checkConnection(options) {
    return checkConnection(this.#kit, options);
  }

  /** Ask for anything else the server answers: the body, or a MatchdError. */
  request(method, path, options = {}) {
    return this.#kit.http.ask(method, path, options);
  }

  #forget() {
    this.#events?.close();
    this.#events = null;
  }
}
