/** Accounts: sign up, log in, and what one may do with one's own. */

import { KeyAccount, proofOf } from "./keys.js";

export class Accounts {
  #http;
  #session;

  constructor(http, session) {
    this.#http = http;
    this.#session = session;
  }

  async signUp({ name, password, device, signal }) {
    const body = { name, password, device };
    return this.#session.take(await this.#http.ask("POST", "/auth/createuser", { body, token: null, signal }));
  }

  /** By name and password, by key and username, or with tokens that came from elsewhere. */
  async login(options) {
    const { signal, device } = options;
    if (options.token !== undefined) return this.#bring(options);
    const proof = options.key instanceof KeyAccount
      ? await proofOf(this.#http, options.key, options.username ?? "", signal)
      : { name: options.name, password: options.password };
    const body = { ...proof, device };
    return this.#session.take(await this.#http.ask("POST", "/auth/login", { body, token: null, signal }));
  }

  async #bring({ token, refreshToken, expiresIn, signal }) {
    const { id, name } = await this.#http.ask("GET", "/auth/me", { token, signal });
    return this.#session.take({ token, refreshToken, expiresIn, account: { id, name } });
  }

  /** End this login, or all of the account; the tokens are forgotten whatever the server says. */
  async logout({ everywhere = false, signal } = {}) {
    const token = await this.#session.token().catch(() => null);
    if (token === null) return this.#session.drop();
    try {
      await this.#http.ask("POST", "/auth/logout", { body: { everywhere }, token, retry: true, signal });
    } catch (error) {
      if (error.status !== 401) throw error;
    } finally {
      this.#session.drop();
    }
    return undefined;
  }

  me(options = {}) {
    return this.#http.ask("GET", "/auth/me", options);
  }

  exportData(options = {}) {
    return this.#http.ask("GET", "/auth/me/export", options);
  }

  async isNameTaken(name, options = {}) {
    const path = `/auth/checkuser/${encodeURIComponent(name)}`;
    return (await this.#http.ask("GET", path, { ...options, token: null })).found;
  }

  async changePassword(former, next, { signal } = {}) {
    await this.#http.ask("POST", "/auth/password", { body: { old: former, new: next }, signal });
  }

  /** Erase the account; `proof` is `{password}` or `{key, username}`. */
  async deleteAccount({ password, key, username, signal }) {
    const body = key ? await proofOf(this.#http, key, username ?? "", signal) : { password };
    await this.#http.ask("DELETE", "/auth/me", { body, signal });
    this.#session.drop();
  }
}
