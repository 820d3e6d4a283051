/**
 * The admin API: the token, who it makes one, and whether the server is there.
 *
 * The token is kept for this tab alone (sessionStorage). Events: `login`; `expired`, when the server does not
 * take the token any more; `away` (with the reason) and `back`.
 */

const KEY = "matchd.admin.token";
const PATIENCE = 15_000;
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 8000];

/** What the server refused, in its own words and by its code. */
export class Refused extends Error {
  constructor(status, { error, code, retryAfter }) {
    super(error);
    Object.assign(this, { status, code, retryAfter });
  }
}

export class Api extends EventTarget {
  me = null;
  #token = sessionStorage.getItem(KEY);
  #away = false;

  get mayChange() {
    return this.me?.role === "admin";
  }

  /** Whether there is a token that the server takes; one that it refuses is forgotten. */
  async resume() {
    if (this.#token === null) return false;
    await this.#welcome();
    return true;
  }

  /** Use a token from now on; a refusal if the server does not take it. */
  async login(token) {
    this.#token = token;
    await this.#welcome();
    sessionStorage.setItem(KEY, token);
    this.#tell("login");
  }

  logout() {
    sessionStorage.removeItem(KEY);
    this.me = this.#token = null;
    this.#tell("expired", "");
  }

  get(path) {
    return this.#ask("GET", path).then(({ body }) => body);
  }

  post(path, body) {
    return this.#ask("POST", path, body).then((answer) => answer.body);
  }

  /** A page of a list: its entries, and the cursor of the next one or null. */
  async page(noun, query) {
    const sent = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
    const { body, next } = await this.#ask("GET", `${noun}?${sent}`);
    return { entries: body, next };
  }

  async #welcome() {
    this.me = await this.get("me");
  }

  async #ask(method, path, body) {
    const token = this.#token;
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? undefined : JSON.stringify(body);
    let answer;
    let said;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      answer = await fetch(`/api/admin/${path}`, { method, headers, body: sent, signal });
      said = await answer.json();
    } catch {
      throw this.#lost(new Error("The server can't be reached."));
    }
    if (answer.ok) return { body: said, next: answer.headers.get("X-Next-Cursor") };
    const refused = new Refused(answer.status, said);
    if (answer.status === 401) this.#expire(token, refused.message);
    if (answer.status === 503) this.#lost(refused);
    throw refused;
  }

  /** A token is refused; whoever has logged in anew since has another one. */
  #expire(token, reason) {
    if (token === null || token !== this.#token) return;
    sessionStorage.removeItem(KEY);
    this.me = this.#token = null;
    this.#tell("expired", reason);
  }

  /** The server, or its store, is away: say so, and look until it is back. */
  #lost(error) {
    error.code = "closed"; // said in one place, and not by whoever has asked
    if (!this.#away) {
      this.#away = true;
      this.#tell("away", error.message);
      this.#lookAgain(FIRST_PAUSE);
    }
    return error;
  }

  #lookAgain(pause) {
    setTimeout(async () => {
      const token = this.#token;
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch("/api/admin/nodes", { headers }).catch(() => null);
      if (answer === null || answer.status === 503 || answer.status === 502) {
        return this.#lookAgain(Math.min(pause * 2, LONGEST_PAUSE));
      }
      this.#away = false;
      this.#tell("back");
      if (answer.status === 401) this.#expire(token, "Your login has ended.");
    }, pause * (0.75 + Math.random() / 2));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
