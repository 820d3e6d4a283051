/** Friends and blocks (wire.md 4). `who` is a name (a handle) or an account's id. */

import { friendCode } from "./keys.js";

export class Friends {
  #http;

  constructor(http) {
    this.#http = http;
  }

  /** Everybody one stands with somehow, page by page to the end. */
  async list({ state, signal } = {}) {
    const all = [];
    let cursor;
    do {
      const page = await this.#http.page("/friends", { query: { state, cursor }, signal });
      all.push(...page.items);
      cursor = page.cursor;
    } while (cursor);
    return all;
  }

  /** Ask, or accept what is pending. */
  add(who, options = {}) {
    return this.#http.ask("PUT", path(who), { ...options, retry: true });
  }

  /** One's own friend code, or null: an account with a password is found by its name. */
  async ownCode(options = {}) {
    const { name, publicKey } = await this.#http.ask("GET", "/auth/me", options);
    return publicKey ? friendCode({ name, publicKey }) : null;
  }

  /** Ask by a friend code, also somebody who has never been here. */
  addByCode(code, options = {}) {
    return this.#http.ask("POST", "/friends", { ...options, body: { code } });
  }

  /** Take back, decline or end. */
  remove(who, options = {}) {
    return this.#http.ask("DELETE", path(who), { ...options, retry: true });
  }

  block(who, options = {}) {
    return this.#http.ask("PUT", `${path(who)}/block`, { ...options, retry: true });
  }

  unblock(who, options = {}) {
    return this.#http.ask("DELETE", `${path(who)}/block`, { ...options, retry: true });
  }

  /** Whether friends see that one is here. */
  async setVisible(visible, options = {}) {
    await this.#http.ask("PUT", "/friends/presence", { ...options, body: { visible }, retry: true });
  }
}

const path = (who) => `/friends/${encodeURIComponent(who)}`;
