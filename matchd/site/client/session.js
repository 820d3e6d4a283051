/**
 * Who the player is: tokens, and how to get the next ones.
 *
 * Tokens live in memory, and in `storage` if one is given (a page's localStorage): then every tab is
 * logged in, and one of them refreshes for all. Events: `change` (account or null), `expired` (the
 * login has ended on the server's side; log in again).
 */

import { Emitter } from "./emitter.js";
import { MatchdError } from "./errors.js";

/** Milliseconds before its end at which a token is replaced. */
const SLACK = 60_000;

export class Session extends Emitter {
  #http;
  #storage;
  #key;
  #state = null;
  #refreshing = null;

  constructor(http, storage) {
    super();
    this.#http = http;
    this.#key = `matchd:${http.base}`;
    this.#storage = usable(storage, this.#key);
    this.#state = this.#stored();
    // Another tab has logged in or out.
    if (this.#storage) globalThis.addEventListener?.("storage", ({ key }) => key === this.#key && this.#current());
  }

  /** The account, or null for a guest. */
  get account() {
    return this.#state?.account ?? null;
  }

  /** Take what a login has brought. */
  take(answer) {
    const former = this.account?.id;
    const lifetime = (answer.expiresIn ?? 3600) * 1000;
    this.#keep({
      lifetime,
      token: answer.token,
      refreshToken: answer.refreshToken ?? null,
      expiresAt: Date.now() + lifetime,
      account: answer.account ?? null,
    });
    if (this.account?.id !== former) this.emit("change", this.account);
    return this.account;
  }

  /** Forget everything; tells nobody but the listeners. */
  drop() {
    if (this.#state === null) return;
    this.#keep(null);
    this.emit("change", null);
  }

  /** A token that is good for a while (or until `until`, in milliseconds), or null for a guest. */
  async token({ until } = {}) {
    const state = this.#current();
    if (state === null) return null;
    const needed = until ?? Date.now() + Math.min(SLACK, state.lifetime / 2);
    return state.expiresAt < needed && state.refreshToken !== null ? this.replace(state.token) : state.token;
  }

  /** Another token than this one, which the server does not take (any more). */
  async replace(former) {
    const state = this.#current();
    if (state !== null && state.token !== former) return state.token;
    // One refresh for all who ask, and nobody's signal ends it for the others.
    this.#refreshing ??= this.#alone(() => this.#refresh(former)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(former) {
    const state = this.#current();
    if (state !== null && state.token !== former) return state.token;
    if (state === null || state.refreshToken === null) throw this.#expire();
    const body = { refreshToken: state.refreshToken };
    try {
      const answer = await this.#http.ask("POST", "/auth/refresh", { body, token: null, retry: true });
      this.take({ account: state.account, ...answer });
      return answer.token;
    } catch (error) {
      if (error.status === 401 || error.status === 403 || error.status === 410) throw this.#expire(error);
      throw error;
    }
  }

  #expire(error) {
    this.drop();
    this.emit("expired", error ?? null);
    if (error instanceof MatchdError) return error;
    return new MatchdError("bad_token", "The login has expired; log in again.", { status: 401 });
  }

  /** No two tabs refresh at once, where the browser can see to it; the server forgives it elsewhere. */
  #alone(work) {
    const locks = this.#storage && globalThis.navigator?.locks;
    return locks ? locks.request(this.#key, work) : work();
  }

  /** The state; another tab may have changed what is stored. */
  #current() {
    if (this.#storage === null) return this.#state;
    const stored = this.#stored();
    const changed = stored?.account?.id !== this.#state?.account?.id;
    this.#state = stored;
    if (changed) queueMicrotask(() => this.emit("change", this.account));
    return stored;
  }

  #stored() {
    try {
      return JSON.parse(this.#storage?.getItem(this.#key) ?? "null");
    } catch {
      return null;
    }
  }

  #keep(state) {
    this.#state = state;
    try {
      if (state === null) this.#storage?.removeItem(this.#key);
      else this.#storage?.setItem(this.#key, JSON.stringify(state));
    } catch {
      // The storage is full or forbidden: this tab goes on with what it has in memory.
      this.#storage = null;
    }
  }
}

/** The storage, or null where the browser forbids it. */
function usable(storage, key) {
  try {
    storage?.getItem(key);
    return storage ?? null;
  } catch {
    return null;
  }
}
