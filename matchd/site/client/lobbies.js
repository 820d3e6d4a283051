/** Lobbies (wire.md 5): lists that stay true, and the one a player is in. */

import { Emitter } from "./emitter.js";
import { enterRoom } from "./room.js";
import { follow } from "./sse.js";

export class Lobbies {
  #kit;

  constructor(kit) {
    this.#kit = kit;
  }

  /** A page: `{items, cursor}`. */
  list({ game, status, search, limit, cursor, signal } = {}) {
    const query = { game_id: game, status, q: search, limit, cursor };
    return this.#kit.http.page("/lobbies", { query, signal });
  }

  /**
   * A list that stays true. `changed(lobbies, complete)` hears it first and after every change, newest
   * first; not `complete` are the newest of more lobbies than a server tells at once.
   * Goes on by itself until the returned `close` is called or the signal aborts.
   */
  watch(changed, { game, signal, onInvited, onTrouble } = {}) {
    const stop = new AbortController();
    const close = () => stop.abort();
    signal?.addEventListener("abort", close, { once: true });
    if (signal?.aborted) close();
    let [known, complete] = [null, true];
    // A list that was said to be out of date is said to be true again, though nothing has changed.
    const opened = () => known && changed([...known.values()], complete);
    const heard = (event) => {
      if (event.type === "lobby.snapshot") complete = event.complete !== false;
      known = applied(known ?? new Map(), event);
      if (event.type === "lobby.invited") onInvited?.(event.lobby, event.from);
      changed([...known.values()], complete);
    };
    const trouble = (error) => onTrouble?.(error);
    const options = { query: { game_id: game }, signal: stop.signal, opened, heard, trouble };
    follow(this.#kit.http, "/lobbies/stream", options).catch((error) => {
      if (!stop.signal.aborted) trouble(error);
    });
    return { close };
  }

  /** One's own view of a lobby. */
  get(id, options = {}) {
    return this.#kit.http.ask("GET", `/lobbies/${id}`, options);
  }

  async create({ game, name, isPrivate = false, maxPlayers, password, whitelist, metadata, signal }) {
    const body = {
      ...{ game_id: game, is_private: isPrivate, name, max_players: maxPlayers },
      ...{ password, whitelist, metadata },
    };
    return new Lobby(this.#kit, await this.#kit.http.ask("POST", "/lobbies", { body, signal }));
  }

  /** Come in, by `id` or by `code`; a lobby one is in already is simply given. */
  async join({ id, code, password, signal }) {
    const path = id === undefined ? "/lobbies/join" : `/lobbies/${id}/join`;
    const body = id === undefined ? { code, password } : { password };
    return new Lobby(this.#kit, await this.#kit.http.ask("POST", path, { body, signal }));
  }
}

/** A lobby one is in. Events: `change` (its view), `end` (it is gone, or one is out). */
export class Lobby extends Emitter {
  #kit;
  #events;
  #stop = new AbortController();

  /** @private made by `joinLobby` and `createLobby` */
  constructor(kit, view) {
    super();
    this.#kit = kit;
    this.id = view.id;
    /** The lobby as one sees it: name, players, code, … */
    this.view = view;
    this.#events = kit.events();
    const { signal } = this.#stop;
    this.#events.on("lobby.changed", ({ lobby }) => lobby.id === this.id && this.#see(lobby), { signal });
    this.#events.on("lobby.removed", ({ lobbyId }) => lobbyId === this.id && this.#end(), { signal });
    this.#events.on("stale", () => this.refresh().catch(() => {}), { signal });
  }

  get players() {
    return this.view.players;
  }

  /** The code by which friends come in. */
  get code() {
    return this.view.code;
  }

  /** Read it again. */
  async refresh(options = {}) {
    try {
      return this.#see(await this.#kit.http.ask("GET", `/lobbies/${this.id}`, options));
    } catch (error) {
      if (error.status === 404) this.#end();
      throw error;
    }
  }

  setReady(ready, options) {
    return this.#do("ready", { ready }, options);
  }

  start(options) {
    return this.#do("start", undefined, options);
  }

  kick(player, options) {
    return this.#do("kick", { player }, options);
  }

  setOwner(player, options) {
    return this.#do("owner", { player }, options);
  }

  /** Names, ids or keys. */
  async invite(players, { signal } = {}) {
    const body = { player_public_keys: players };
    return (await this.#kit.http.ask("POST", `/lobbies/${this.id}/invite`, { body, signal })).invited_count;
  }

  /** What it says of itself: `name`, `maxPlayers`, `metadata`, `isPrivate`, `password` (null: none). */
  async change({ name, maxPlayers, metadata, isPrivate, password, signal }) {
    const body = { name, max_players: maxPlayers, metadata, is_private: isPrivate, password };
    return this.#see(await this.#kit.http.ask("PATCH", `/lobbies/${this.id}`, { body, signal }));
  }

  /** Meet the connected members as peers: a Room. */
  async connect(options = {}) {
    const room = await enterRoom(this.#kit, `/lobby/${this.id}`, options);
    this.refresh().catch(() => {});
    return room;
  }

  /** Which player is which peer of the room. */
  peers(options = {}) {
    return this.#kit.http.ask("GET", `/lobbies/${this.id}/peers`, options);
  }

  async leave({ signal } = {}) {
    await this.#kit.http.ask("POST", `/lobbies/${this.id}/leave`, { body: {}, signal });
    this.#end();
  }

  /** End it for all (its owner). */
  async delete({ signal } = {}) {
    await this.#kit.http.ask("DELETE", `/lobbies/${this.id}`, { signal });
    this.#end();
  }

  async #do(verb, body, { signal } = {}) {
    const path = `/lobbies/${this.id}/${verb}`;
    const answer = await this.#kit.http.ask("POST", path, { body: body ?? {}, signal });
    return answer.id === this.id ? this.#see(answer) : this.refresh({ signal });
  }

  #see(view) {
    // Those who are out of a lobby are shown neither players nor code.
    if (view.code === undefined) {
      this.#end();
      return view;
    }
    const changed = JSON.stringify(view) !== JSON.stringify(this.view);
    this.view = view;
    if (changed) this.emit("change", view);
    return view;
  }

  #end() {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.emit("end");
  }
}

function applied(known, event) {
  if (event.type === "lobby.snapshot") return new Map(event.lobbies.map((lobby) => [lobby.id, lobby]));
  if (event.type === "lobby.removed") known.delete(event.lobbyId);
  else if (known.has(event.lobby.id)) known.set(event.lobby.id, event.lobby);
  else if (event.type === "lobby.created") return new Map([[event.lobby.id, event.lobby], ...known]);
  return known;
}
