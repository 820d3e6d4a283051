/** How two peers reach each other, read from the statistics of their connection. */

const KINDS = {
  host: "the local network",
  srflx: "its public address (STUN)",
  prflx: "an address that its peer saw",
  relay: "a TURN relay",
};

/**
 * The path in use, or null. `relay` names the TURN server where this side uses one.
 * @param {RTCPeerConnection} connection
 */
export async function pathOf(connection) {
  const stats = await statsOf(connection);
  const transport = [...stats.values()].find((one) => one.type === "transport");
  const pair = selected(stats, transport);
  const traffic = transport?.bytesSent === undefined ? pair : transport;
  const local = pair && stats.get(pair.localCandidateId);
  const remote = pair && stats.get(pair.remoteCandidateId);
  if (!local || !remote) return null;
  const relayed = local.candidateType === "relay";
  return {
    local: local.candidateType,
    remote: remote.candidateType,
    direct: !relayed && remote.candidateType !== "relay",
    protocol: local.protocol,
    relay: relayed ? { url: local.url ?? null, protocol: local.relayProtocol ?? null } : null,
    rttMs: pair.currentRoundTripTime === undefined ? null : Math.round(pair.currentRoundTripTime * 10_000) / 10,
    bytesSent: traffic.bytesSent ?? 0,
    bytesReceived: traffic.bytesReceived ?? 0,
  };
}

/** Why there is no connection, in words. */
export async function explain(connection, problems) {
  const stats = [...(await statsOf(connection)).values()];
  const kinds = (type) => new Set(stats.filter((one) => one.type === type).map((one) => one.candidateType));
  const ours = kinds("local-candidate");
  const theirs = kinds("remote-candidate");
  const relays = (connection.getConfiguration?.().iceServers ?? []).flatMap((one) => one.urls ?? []);
  if (connection.remoteDescription === null) return "The other side has not answered.";
  if (theirs.size === 0) return "The other side has sent no address to reach it at.";
  if (problems.some((one) => one.errorCode === 401)) return "The TURN server refuses these credentials.";
  if (!relays.some((url) => url.startsWith("turn"))) {
    return "No direct path was found, and there is no TURN server to relay.";
  }
  if (!ours.has("relay")) return "No direct path was found, and no TURN server could be reached from here.";
  const list = (found) => [...found].map((kind) => KINDS[kind] ?? kind).join(", ");
  return `No path was found between ${list(ours)} here and ${list(theirs)} there.`;
}

async function statsOf(connection) {
  try {
    return new Map([...(await connection.getStats()).values()].map((one) => [one.id, one]));
  } catch {
    return new Map();
  }
}

function selected(stats, transport) {
  if (transport?.selectedCandidatePairId) return stats.get(transport.selectedCandidatePairId);
  const ours = (one) => one.type === "candidate-pair" && one.state === "succeeded";
  const pairs = [...stats.values()].filter(ours);
  return pairs.find((one) => one.selected) ?? pairs.find((one) => one.nominated);
}
