/**
 * A WebSocket that comes back: after a restart, a lost network, a slow moment; never where the server
 * says that coming back is of no use. It proves the player anew each time (by a ticket, so that no
 * token stands in an address), asks the plain-GET twin why an upgrade was refused, and gives the next
 * token when the server asks for it (`reauth`).
 *
 * Events: `open`, `message` (the parsed frame), `away` (lost, on its way back), `end` (error; the last).
 */

import { Emitter } from "./emitter.js";
import { MatchdError, errorOfClose } from "./errors.js";
import { Backoff, pause } from "./timing.js";

const OPENING = 10_000;
/** Milliseconds of failures that pass, after which a socket that was never open gives up. */
const PATIENCE = 15_000;
/** Attempts that HTTP says should have worked, after which WebSockets count as blocked. */
const BLOCKED = 3;
const STAYED = 10_000;
const BEYOND = 10_000;
const TICKET = /^\/[A-Za-z0-9_.~:/-]{0,255}$/;

export class Socket extends Emitter {
  #kit;
  #plan;
  #ws = null;
  #stop = new AbortController();
  #wake = null;
  #ended = false;
  #everOpen = false;
  #began = Date.now();
  #refusals = 0;
  #backoff = new Backoff();
  #lose = null;

  /**
   * `plan`: `path`, or `url` where the server has given a whole one; `query()` for each attempt;
   * `proves` whether the player is to be proved; `renewal(token)` the frame that brings the next token.
   */
  constructor(kit, plan) {
    super();
    this.#kit = kit;
    this.#plan = plan;
    /** Resolves when it is open for the first time. */
    this.opened = new Promise((resolve, reject) => {
      this.on("open", resolve);
      this.on("end", reject);
    });
    this.opened.catch(() => {});
    if (typeof kit.WebSocket !== "function") {
      this.#finish(new MatchdError("no_websocket", "There is no WebSocket here; hand one to Matchd."));
      return;
    }
    globalThis.addEventListener?.("online", this.#online);
    this.#run();
  }

  get isOpen() {
    return this.#ws?.readyState === 1;
  }

  /** Send a value as JSON; whether it was open. */
  send(value) {
    if (!this.isOpen) return false;
    this.#ws.send(JSON.stringify(value));
    return true;
  }

  /** End it for good; the server hears that one has left. */
  close(error = new MatchdError("closed", "It was closed here.")) {
    if (this.#ended) return;
    const ws = this.#ws;
    this.#finish(error);
    ws?.close(1000);
  }

  /** Answer the server's question for a token that lasts beyond the deadline. */
  async reauth({ deadline }) {
    try {
      const token = await this.#kit.session.token({ until: deadline * 1000 + BEYOND });
      if (token !== null) this.send(this.#plan.renewal(token));
    } catch {
      // The server closes 4401 at the deadline, and the way back says why.
    }
  }

  async #run() {
    while (!this.#ended) {
      let wait;
      try {
        wait = await this.#live(await this.#address());
      } catch (error) {
        wait = this.#judge(error);
      }
      if (this.#ended) return;
      await this.#pause(this.#backoff.next(wait));
    }
  }

  /** One connection from its opening to its loss; how long to wait at least before the next. */
  async #live(url) {
    const began = Date.now();
    const { opened, code, reason } = await this.#connect(url);
    if (this.#ended) return 0;
    if (!opened) return this.#ask();
    this.emit("away", { code, reason });
    const error = errorOfClose(code, reason);
    if (code === 4401 && this.#plan.proves) await this.#refresh();
    else if (error !== null) throw error;
    if (Date.now() - began > STAYED) this.#backoff.reset();
    return code === 4429 ? 5000 : 0;
  }

  #connect(url) {
    return new Promise((resolve) => {
      const ws = new this.#kit.WebSocket(url);
      let opened = false;
      const over = ({ code = 1006, reason = "" } = {}) => {
        clearTimeout(timer);
        if (this.#ws === ws) this.#ws = null;
        ws.onopen = ws.onmessage = ws.onclose = ws.onerror = null;
        resolve({ opened, code, reason });
      };
      const lose = () => {
        ws.close();
        over();
      };
      const timer = setTimeout(lose, OPENING);
      this.#ws = ws;
      this.#lose = lose;
      ws.onopen = () => {
        clearTimeout(timer);
        opened = this.#everOpen = true;
        this.#refusals = 0;
        this.emit("open");
      };
      ws.onmessage = ({ data }) => this.#take(data);
      // After a handshake that was refused, Node's says no more than this.
      ws.onerror = () => !opened && over();
      ws.onclose = over;
    });
  }

  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    this.emit("message", message);
  }

  /** It did not open: ask over HTTP for the reason that a browser does not tell. */
  async #ask() {
    const { path, url, query, proves } = this.#plan;
    const where = url ? new URL(url).pathname : path;
    const options = { query: query?.() ?? {}, signal: this.#stop.signal, retry: false };
    await this.#kit.http.ask("GET", where, proves ? options : { ...options, token: null });
    this.#refusals += 1;
    if (this.#refusals < BLOCKED) return 0;
    const message = "HTTP gets through, WebSockets do not: a proxy or an extension blocks them.";
    throw new MatchdError("websocket_blocked", message);
  }

  /** Milliseconds to wait after a failure that passes; the end after one that does not. */
  #judge(error) {
    if (this.#ended) return 0;
    const passes = error instanceof MatchdError && error.temporary;
    if (!passes || (!this.#everOpen && Date.now() - this.#began > PATIENCE)) this.#finish(error);
    return (error.retryAfter ?? 0) * 1000;
  }

  async #address() {
    const { url, path, query, proves } = this.#plan;
    const base = url ?? this.#kit.http.url(path).replace(/^http/, "ws");
    const asked = { ...query?.(), ...(proves ? await this.#proof(path) : {}) };
    const pairs = Object.entries(asked).filter(([, value]) => value !== undefined && value !== null);
    // Not URLSearchParams: a room's id is to stand there as it is, and it needs no encoding.
    const text = pairs.map(([name, value]) => `${name}=${plain(String(value))}`).join("&");
    return text ? `${base}?${text}` : base;
  }

  async #proof(path) {
    const { http, session } = this.#kit;
    const token = await session.token();
    if (token === null) return {};
    if (!TICKET.test(path)) return { token };
    const options = { body: { for: path }, signal: this.#stop.signal };
    return { ticket: (await http.ask("POST", "/auth/ticket", options)).ticket };
  }

  async #refresh() {
    const token = await this.#kit.session.token();
    if (token === null) throw errorOfClose(4401, "");
    await this.#kit.session.replace(token);
  }

  async #pause(milliseconds) {
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    await pause(milliseconds, waking.signal).catch(() => {});
    this.#wake = null;
  }

  /** The network is back: what was open before is dead, though nothing has said so yet. */
  #online = () => {
    this.#lose?.();
    this.#wake?.();
  };

  #finish(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#ws = null;
    this.#stop.abort(error);
    this.#wake?.();
    globalThis.removeEventListener?.("online", this.#online);
    queueMicrotask(() => this.emit("end", error));
  }
}

const plain = (text) => encodeURIComponent(text).replaceAll("%3A", ":");
