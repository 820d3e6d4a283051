/**
 * One RTCPeerConnection and what keeps it alive: perfect negotiation (either side may offer, one of the
 * two gives way), candidates in their order, ICE restarts when the path breaks, fresh TURN credentials.
 *
 * It knows nothing of the socket: `send({description})` and `send({candidate})` are its mouth, `hear` its
 * ear. It never closes a connection that works. Events: `state` ("connecting", "connected",
 * "reconnecting"), `channel` (one the other side has opened), `end` (error; the last).
 */

import { Emitter } from "./emitter.js";
import { MatchdError, needWebRtc } from "./errors.js";
import { explain, pathOf } from "./path.js";
import { Backoff, unless } from "./timing.js";

/** Milliseconds that a broken path has to mend by itself, before ICE is restarted. */
const MENDING = 3000;
/** Milliseconds without a path after which the peer counts as lost. */
const LOST = 45_000;

export class PeerLink extends Emitter {
  #send;
  #leads;
  #mayOffer;
  #making = false;
  #ignoring = false;
  #hearing = Promise.resolve();
  #early = [];
  #config;
  #timer = null;
  #lost = null;
  #backoff = new Backoff(2000, 10_000);
  #ended = false;

  /** `leads`: it makes the first offer, and its offer wins where both make one. */
  constructor(kit, config, { leads, send }) {
    super();
    needWebRtc(kit);
    this.#config = config;
    this.#send = send;
    this.#leads = this.#mayOffer = leads;
    /** What went wrong while candidates were gathered: `{url, errorCode, errorText}`. */
    this.problems = [];
    this.state = "connecting";
    this.connection = new kit.RTCPeerConnection(config);
    this.#watch();
  }

  /** Resolves when it is connected; rejects when it has ended before. */
  connected(signal) {
    if (this.connection.connectionState === "connected") return Promise.resolve();
    const ended = new Promise((resolve, reject) => {
      this.on("state", (state) => state === "connected" && resolve(undefined));
      this.on("end", reject);
    });
    return unless(signal, ended);
  }

  /** Take what the other side has said; one after the other. */
  hear(said) {
    this.#hearing = this.#hearing.then(() => this.#take(said)).catch((error) => {
      if (!this.#ended) this.problems.push({ url: "", errorCode: 0, errorText: String(error) });
    });
  }

  /** Begin anew where there is no path; to be called when signaling is back. */
  renew() {
    if (!this.#ended && this.connection.connectionState !== "connected") this.restart();
  }

  /** Look for a new path; media go on over the old one meanwhile. */
  async restart() {
    if (this.#ended || !this.#mayOffer) return;
    await this.#offer({ iceRestart: true });
  }

  /** Use these servers from now on; a path over a relay is found anew by one of the two sides. */
  async setIceServers(iceServers) {
    if (this.#ended) return;
    this.#config = { ...this.#config, iceServers };
    this.connection.setConfiguration(this.#config);
    const path = await this.path();
    if (path === null ? this.state === "reconnecting" : !path.direct && this.#leads) await this.restart();
  }

  /** How the two reach each other now, or null. */
  path() {
    return pathOf(this.connection);
  }

  /** Why there is no connection, in words. */
  explain() {
    return explain(this.connection, this.problems);
  }

  close(error = new MatchdError("closed", "It was closed here.")) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lost);
    this.connection.close();
    this.emit("end", error);
  }

  #watch() {
    const pc = this.connection;
    pc.addEventListener("negotiationneeded", () => this.#offer());
    pc.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate && !this.#ended) this.#send({ candidate });
    });
    pc.addEventListener("icecandidateerror", ({ url, errorCode, errorText }) => {
      this.problems.push({ url, errorCode, errorText });
    });
    pc.addEventListener("datachannel", ({ channel }) => this.emit("channel", channel));
    pc.addEventListener("connectionstatechange", () => this.#look());
  }

  #look() {
    if (this.#ended) return;
    const state = this.connection.connectionState;
    clearTimeout(this.#timer);
    if (state === "connected") {
      clearTimeout(this.#lost);
      this.#lost = null;
      this.#backoff.reset();
      this.#change("connected");
    } else if (state === "closed") {
      this.close();
    } else if (state === "disconnected" || state === "failed") {
      if (this.state === "connected") this.#change("reconnecting");
      this.#lost ??= setTimeout(() => this.#lose(), LOST);
      this.#retry(state === "failed" && this.#leads ? 0 : MENDING);
    }
  }

  #retry(milliseconds) {
    this.#timer = setTimeout(() => {
      this.restart();
      this.#retry(this.#backoff.next(MENDING));
    }, milliseconds);
  }

  async #lose() {
    const why = await this.explain();
    this.close(new MatchdError("connection_failed", why));
  }

  #change(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit("state", state);
  }

  async #offer(options) {
    if (this.#ended || !this.#mayOffer) return;
    const pc = this.connection;
    try {
      this.#making = true;
      await pc.setLocalDescription(options && (await pc.createOffer(options)));
      this.#send({ description: pc.localDescription });
    } catch (error) {
      // An offer of the other side came in between; what this one was for is negotiated after it.
      if (!this.#ended) this.problems.push({ url: "", errorCode: 0, errorText: String(error) });
    } finally {
      this.#making = false;
    }
  }

  async #take({ description, candidate }) {
    if (this.#ended) return;
    if (description) await this.#describe(description);
    else if (candidate) await this.#add(candidate);
  }

  async #describe(description) {
    const pc = this.connection;
    const offer = description.type === "offer";
    const collision = offer && (this.#making || pc.signalingState !== "stable");
    this.#ignoring = this.#leads && collision;
    if (this.#ignoring) {
      // The other side may never have heard ours.
      if (pc.signalingState === "have-local-offer") this.#send({ description: pc.localDescription });
      return;
    }
    if (!offer && pc.signalingState !== "have-local-offer") return;
    await pc.setRemoteDescription(description);
    this.#mayOffer = true;
    if (offer) {
      await pc.setLocalDescription();
      this.#send({ description: pc.localDescription });
    }
    for (const early of this.#early.splice(0)) await this.#add(early);
  }

  async #add(candidate) {
    if (this.connection.remoteDescription === null) {
      this.#early.push(candidate);
      return;
    }
    try {
      await this.connection.addIceCandidate(candidate);
    } catch (error) {
      if (!this.#ignoring) throw error;
    }
  }
}
