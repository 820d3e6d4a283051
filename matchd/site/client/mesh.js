/**
 * The peers of a room, each with a connection of its own (wire.md 3).
 *
 * What they say to each other is matchbox's: `{"Offer"}`, `{"Answer"}`, `{"IceCandidate"}`, over channels
 * negotiated beforehand with the ids 0, 1, …; so a page and a game made with matchbox play together.
 *
 * When a server restarts without a shared store, everybody comes back under a new id while the
 * connections go on. So each says its new id over a channel of ours (`CONTROL`), and who holds such a
 * connection waits a moment for that before it takes a newcomer for a stranger.
 */

import { Emitter } from "./emitter.js";
import { MatchdError } from "./errors.js";
import { PeerLink } from "./link.js";
import { channelOpen, isOver } from "./signaling.js";

const CONTROL = 1000;
const STRANGER = 2000;

/** Somebody in the room. Events: `state`, `message` (data, channel), `end`. */
export class RoomPeer extends Emitter {
  /** What it has said before anybody could listen; null since. @type {[any, RTCDataChannel][] | null} */
  #early = [];

  /** @private */
  constructor(who, link, channels, control) {
    super();
    /** @private */
    this.link = link;
    /** @private */
    this.control = control;
    this.id = who.peerId;
    this.name = who.name ?? null;
    this.account = who.account ?? null;
    this.connection = link.connection;
    this.channels = channels;
    [this.channel] = channels;
    /** Whether the room knows of it by this id; and whether it has left the room. @private */
    this.seated = true;
    /** @private */
    this.gone = false;
    /** Under which id it says to be in the room now. @private @type {string | null} */
    this.claimed = null;
    for (const channel of channels) {
      channel.binaryType = "arraybuffer";
      channel.addEventListener("message", ({ data }) => this.#take(data, channel));
      channel.addEventListener("close", () => this.part());
    }
    link.on("state", (state) => {
      this.emit("state", state);
      this.part();
    });
    link.on("end", (error) => this.emit("end", error));
  }

  get state() {
    return this.link.state;
  }

  /** Send over the first channel; whether it was open. */
  send(data) {
    if (this.channel.readyState !== "open") return false;
    this.channel.send(data);
    return true;
  }

  path() {
    return this.link.path();
  }

  /** @private whoever was told of it listens by now */
  heard() {
    setTimeout(() => {
      const early = this.#early;
      this.#early = null;
      early.forEach((one) => this.emit("message", ...one));
    });
  }

  #take(data, channel) {
    if (this.#early === null) this.emit("message", data, channel);
    else this.#early.push([data, channel]);
  }

  /** @private gone from the room: the end, unless the two still talk */
  part() {
    if (isOver(this.link, this.channel, this.gone)) {
      this.link.close(new MatchdError("gone", "The peer has left."));
    }
  }
}

export class Mesh {
  #kit;
  #config;
  #plans;
  #tell;
  #joined;
  /** By id; of those who are not seated the id is of before a restart. */
  #peers = new Map();
  /** Newcomers who may be one of these: when each counts as a stranger. */
  #strangers = new Map();
  #me = null;

  /** `tell(id, data)` relays a signal; `joined(peer)` hears of each whose channels are open. */
  constructor(kit, { iceTransportPolicy, channels = [{}] }, tell, joined) {
    this.#kit = kit;
    this.#config = { iceServers: [], iceTransportPolicy: iceTransportPolicy ?? "all" };
    this.#plans = channels;
    this.#tell = tell;
    this.#joined = joined;
  }

  get peers() {
    return [...this.#peers.values()];
  }

  /** Fresh credentials, before those in use run out. */
  setIceServers(iceServers) {
    this.#config = { ...this.#config, iceServers };
    for (const peer of this.peers) peer.link.setIceServers(iceServers);
  }

  /** We are here, as `me`, again (`resumed`) or anew; these were here before. */
  welcome(me, resumed, roster, iceServers) {
    this.#me = me;
    this.#config = { ...this.#config, iceServers };
    const here = new Set(roster.map((who) => who.peerId));
    for (const peer of this.peers) if (!resumed || !here.has(peer.id)) this.#doubt(peer, resumed);
    for (const who of roster) {
      const known = this.#peers.get(who.peerId);
      if (known) known.link.renew();
      else this.#place(who, false);
    }
    if (!resumed) for (const peer of this.peers) this.#introduce(peer);
  }

  /** Somebody came, and hears our offer. */
  came(who) {
    this.#place(who, true);
  }

  left(id) {
    this.#unmask(id);
    const peer = this.#peers.get(id);
    if (!peer) return;
    peer.seated = false;
    peer.gone = true;
    peer.part();
  }

  /** A signal of a peer. */
  heard(id, data) {
    // Who makes an offer is none of those that are awaited.
    this.#unmask(id);
    const peer = this.#peers.get(id) ?? this.#meet({ peerId: id }, false);
    const said = readSignal(data);
    if (said) peer.link.hear(said);
  }

  /** Signals were lost: begin anew with whom there is no connection. */
  resync() {
    for (const peer of this.#peers.values()) peer.link.renew();
  }

  close(error) {
    for (const id of [...this.#strangers.keys()]) this.#unmask(id);
    for (const peer of this.peers) peer.link.close(error);
  }

  /** The room does not know this id (any more): he has left, or will be here under another one. */
  #doubt(peer, resumed) {
    peer.seated = false;
    if (peer.state === "connecting") peer.link.close(new MatchdError("gone", "The room began anew."));
    else if (resumed) this.left(peer.id);
  }

  #place(who, leads) {
    const former = this.peers.find((peer) => peer.claimed === who.peerId);
    if (former) this.#adopt(former);
    else if (this.peers.some((peer) => !peer.seated)) this.#await(who, leads);
    else this.#meet(who, leads);
  }

  #meet(who, leads) {
    this.#strangers.delete(who.peerId);
    const send = (said) => this.#tell(peer.id, writeSignal(said));
    const link = new PeerLink(this.#kit, this.#config, { leads, send });
    const channels = this.#plans.map((plan, id) =>
      link.connection.createDataChannel(`matchbox_socket_${id}`, { ...plan, negotiated: true, id }));
    const control = link.connection.createDataChannel("matchd", { negotiated: true, id: CONTROL });
    const peer = new RoomPeer(who, link, channels, control);
    control.addEventListener("message", ({ data }) => this.#rename(peer, String(data)));
    link.on("end", () => {
      if (this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id);
    });
    this.#peers.set(peer.id, peer);
    this.#greet(peer);
    return peer;
  }

  async #greet(peer) {
    try {
      await Promise.all(peer.channels.map(channelOpen));
    } catch {
      return;
    }
    this.#joined(peer);
    peer.heard();
  }

  #introduce(peer) {
    if (peer.control.readyState === "open") peer.control.send(this.#me);
  }

  /** A connection says under which id its other end is in the room now; the room says so before or after. */
  #rename(peer, id) {
    if (id === peer.id) return;
    peer.claimed = id;
    const stranger = this.#peers.get(id);
    if (stranger === undefined && !this.#strangers.has(id)) return;
    stranger?.link.close(new MatchdError("replaced", "It is known already."));
    this.#adopt(peer);
  }

  #adopt(peer) {
    this.#unmask(peer.claimed);
    this.#peers.delete(peer.id);
    peer.id = peer.claimed;
    peer.claimed = null;
    peer.seated = true;
    peer.gone = false;
    this.#peers.set(peer.id, peer);
    peer.link.renew();
  }

  #await(who, leads) {
    const timer = setTimeout(() => this.#meet(who, leads), STRANGER);
    this.#strangers.set(who.peerId, timer);
  }

  #unmask(id) {
    clearTimeout(this.#strangers.get(id));
    this.#strangers.delete(id);
  }
}

function writeSignal({ description, candidate }) {
  if (candidate) return { IceCandidate: JSON.stringify(candidate) };
  return description.type === "offer" ? { Offer: description.sdp } : { Answer: description.sdp };
}

function readSignal(data) {
  if (typeof data?.Offer === "string") return { description: { type: "offer", sdp: data.Offer } };
  if (typeof data?.Answer === "string") return { description: { type: "answer", sdp: data.Answer } };
  if (typeof data?.IceCandidate !== "string") return null;
  try {
    const candidate = JSON.parse(data.IceCandidate);
    return candidate?.candidate ? { candidate } : null;
  } catch {
    return null;
  }
}
