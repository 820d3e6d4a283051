/**
 * What can go wrong, as one class. `code` is the server's (README, "Errors") or one of ours:
 *
 *   network            the server can't be reached, or this page's origin may not ask it
 *   timeout            no answer in time
 *   bad_answer         whatever answered is no matchd
 *   websocket_blocked  HTTP gets through, WebSockets do not
 *   no_webrtc          this environment has no RTCPeerConnection
 *   no_websocket       this environment has no WebSocket
 *   no_crypto          this page or browser has no keys
 *   other_origin       keys are for the address that the server is known by, which is another
 *   invalid_phrase, invalid_backup, wrong_password   what was to be a key, and is none
 *   connection_failed  signaling worked, the peers found no way to each other
 *   closed             the thing was closed by this program
 *   replaced, gone, locked   how a socket was ended (4409, 4410, 4423)
 */

/** An error with a stable `code`. */
export class MatchdError extends Error {
  /**
   * @param {string} code
   * @param {string} message for people
   * @param {{status?: number, retryAfter?: number | null, requestId?: string | null,
   *   details?: Record<string, any>, cause?: unknown}} [more]
   */
  constructor(code, message, more = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    /** As every error has it. @private */
    this.name = "MatchdError";
    /** @type {string} */
    this.code = code;
    /** The HTTP status; of a socket its close code less 4000; 0 where nothing answered. */
    this.status = more.status ?? 0;
    /** Seconds after which to try again, where waiting helps. */
    this.retryAfter = more.retryAfter ?? null;
    this.requestId = more.requestId ?? null;
    /** The whole body of the answer. @type {Record<string, any>} */
    this.details = more.details ?? {};
  }

  /** Whether the same may work a little later. */
  get temporary() {
    return TEMPORARY.has(this.code) || this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

const TEMPORARY = new Set(["network", "timeout", "rate_limited"]);

/** The error that an HTTP answer is. */
export function errorOf(status, body, headers) {
  if (body === null || typeof body !== "object" || typeof body.code !== "string") {
    const message = `Whatever answered (${status}) is no matchd: a proxy in between, or another address.`;
    return new MatchdError("bad_answer", message, { status });
  }
  const seconds = Number(body.retryAfter ?? headers?.get("Retry-After") ?? Number.NaN);
  return new MatchdError(body.code, body.error, {
    status,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
    requestId: body.requestId ?? null,
    details: body,
  });
}

const CLOSES = {
  1009: ["too_large", "The message was too large."],
  4400: ["invalid_request", "The server did not understand."],
  4401: ["bad_token", "The login is not valid any more."],
  4403: ["forbidden", "Not allowed here."],
  4404: ["not_found", "There is no such room, game or lobby."],
  4409: ["replaced", "A newer connection of the same player took over."],
  4410: ["gone", "It is over."],
  4423: ["locked", "It is full or locked."],
  4429: ["rate_limited", "Too many messages."],
};

/** The error that the end of a socket is; null where coming back may help. */
export function errorOfClose(code, reason) {
  if (code === 1000) return new MatchdError("gone", reason || "The server has ended it.");
  const known = CLOSES[code];
  if (known === undefined || code === 4429) return null;
  return new MatchdError(known[0], reason || known[1], { status: Math.max(0, code - 4000) });
}

/** Refuse what can't do without connections of peers. */
export function needWebRtc({ RTCPeerConnection }) {
  if (typeof RTCPeerConnection === "function") return;
  throw new MatchdError("no_webrtc", "There is no WebRTC here (RTCPeerConnection).");
}
