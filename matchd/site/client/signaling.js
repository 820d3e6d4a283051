/** The dialect between a player and a host (wire.md 2.5), to and from what a PeerLink says. */

/** The message that says it; `peer` names the player's place where a host says it. */
export function messageOf({ description, candidate }, peer) {
  const to = peer === undefined ? {} : { peer };
  if (description) return { type: description.type, sdp: description.sdp, ...to };
  const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
  return { type: "candidate", candidate: text, sdpMid, sdpMLineIndex, ...to };
}

/** What a PeerLink is to hear, or null where the message is none of the negotiation. */
export function saidIn(message) {
  const { type, sdp, candidate, sdpMid, sdpMLineIndex } = message;
  if (type === "offer" || type === "answer") return { description: { type, sdp } };
  // The empty candidate ends the list; there is nothing to be done about it.
  if (type === "candidate" && candidate) return { candidate: { candidate, sdpMid, sdpMLineIndex } };
  return null;
}

/** The key with which an end of a connection proves who it is: another one is another connection. */
export function fingerprintOf(sdp) {
  return /^a=fingerprint:(.*)$/m.exec(sdp)?.[1].trim().toLowerCase() ?? "";
}

/** Open the channels that were asked for: `[{label, ...RTCDataChannelInit}]`. */
export function openChannels(connection, wanted) {
  return wanted.map(({ label, ...init }) => connection.createDataChannel(label, init));
}

/** Resolves when the channel is open. */
export function channelOpen(channel) {
  return new Promise((resolve, reject) => {
    if (channel.readyState === "open") resolve(channel);
    channel.addEventListener("open", () => resolve(channel), { once: true });
    channel.addEventListener("close", () => reject(new Error("the channel has closed")), { once: true });
  });
}

/**
 * Whether two peers have parted. A closed channel alone may be what an application wants, and a broken
 * path may be mended; both at once, or either after the server has seen the other one `left`, is the end.
 */
export function isOver(link, channel, left) {
  const signs = [left, link.state !== "connected", channel?.readyState === "closed"];
  return signs.filter(Boolean).length >= 2;
}
