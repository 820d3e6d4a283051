/**
 * Requests to one server: JSON both ways, errors as MatchdError, the player's token, time limits.
 *
 * A request that may be repeated (`retry`; every GET) is, on failures that pass, up to three times more, or
 * for as long as its `patience` (milliseconds) lasts.
 * One that is refused for its token is repeated once with a fresh one.
 */

import { MatchdError, errorOf } from "./errors.js";
import { Backoff, limited, pause } from "./timing.js";

const ATTEMPTS = 4;
const MOST_WAIT = 10;

export class Http {
  #fetch;
  #tokens = null;

  /** @param {string} base the server's origin */
  constructor(base, fetch) {
    this.base = base;
    this.#fetch = fetch;
  }

  /** Whose tokens to use; they need requests themselves. */
  use(tokens) {
    this.#tokens = tokens;
  }

  /**
   * The body of the answer. `token`: a credential to send instead of the player's; null for none.
   * @param {string} method
   * @param {string} path
   * @param {{body?: any, query?: Record<string, any>, token?: string | null, retry?: boolean,
   *   headers?: Record<string, string>, signal?: AbortSignal, timeout?: number, patience?: number}} [options]
   * @returns {Promise<any>}
   */
  async ask(method, path, options = {}) {
    return (await this.answer(method, path, options)).body;
  }

  /** A page of a list, and where the next one begins. */
  async page(path, options = {}) {
    const { body, headers } = await this.answer("GET", path, options);
    return { items: body, cursor: headers.get("X-Next-Cursor") };
  }

  /** The answer: `{status, body, headers}`. */
  async answer(method, path, options = {}) {
    const backoff = new Backoff();
    const attempts = options.retry ?? method === "GET" ? ATTEMPTS : 1;
    const deadline = Date.now() + (options.patience ?? 0);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#proved(options, (proved) => this.#once(method, path, proved));
      } catch (error) {
        const waits = error instanceof MatchdError && error.temporary && (error.retryAfter ?? 0) <= MOST_WAIT;
        if (!waits || (attempt >= attempts && Date.now() > deadline)) throw error;
        await pause(backoff.next((error.retryAfter ?? 0) * 1000), options.signal);
      }
    }
  }

  /** The response itself, whose body is still to be read; an error where it is one. */
  open(method, path, options = {}) {
    return this.#proved(options, async (proved) => {
      const response = await this.#send(method, path, proved, options.signal);
      if (!response.ok) throw errorOf(response.status, await jsonOf(response), response.headers);
      return response;
    });
  }

  /** Ask with the player's token where no other is given; once more, if that one is not taken (any more). */
  async #proved(options, ask) {
    if (options.token !== undefined) return ask(options);
    const token = (await this.#tokens?.token()) ?? null;
    try {
      return await ask({ ...options, token });
    } catch (error) {
      if (token === null || error.status !== 401 || error.code === "bad_credentials") throw error;
      return ask({ ...options, token: await this.#tokens.replace(token) });
    }
  }

  async #once(method, path, options) {
    const { signal, done } = limited(options.signal, options.timeout ?? 15_000);
    try {
      const response = await this.#send(method, path, options, signal);
      const body = await jsonOf(response);
      if (!response.ok) throw errorOf(response.status, body, response.headers);
      if (body === undefined) throw errorOf(response.status, null, response.headers);
      return { status: response.status, body, headers: response.headers };
    } catch (error) {
      if (signal.aborted && !(error instanceof MatchdError)) throw signal.reason;
      throw error;
    } finally {
      done();
    }
  }

  async #send(method, path, options, signal) {
    const headers = new Headers({ Accept: "application/json", ...options.headers });
    if (options.token) headers.set("Authorization", `Bearer ${options.token}`);
    const request = { method, headers, signal, cache: "no-store", credentials: "omit", redirect: "error" };
    if (options.body !== undefined) {
      headers.set("Content-Type", "application/json");
      request.body = JSON.stringify(options.body);
    }
    try {
      return await this.#fetch(this.url(path, options.query), request);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw new MatchdError("network", "The server can't be reached.", { cause: error });
    }
  }

  /** The address of a path. */
  url(path, query = {}) {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
    return this.base + path + (text && `?${text}`);
  }
}

async function jsonOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
