/**
 * Whether the STUN and TURN servers can be used from here: a connection of its own gathers candidates at
 * each of their addresses, and what comes of it is said in words.
 */

import { needWebRtc } from "./errors.js";
import { limited } from "./timing.js";

const PATIENCE = 8000;

/** One result for each address: `{url, ok, ms, address, errorCode, explanation}`. */
export async function checkConnection(kit, { signal } = {}) {
  needWebRtc(kit);
  const { iceServers } = await kit.http.ask("GET", "/matchbox-ice", { signal });
  const servers = iceServers.flatMap(({ urls, ...secret }) => [urls].flat().map((url) => ({ ...secret, urls: url })));
  const results = await Promise.all(servers.map((server) => probe(kit, server, signal)));
  signal?.throwIfAborted();
  return results;
}

async function probe(kit, server, signal) {
  const relays = server.urls.startsWith("turn");
  const began = performance.now();
  const found = await gather(kit, server, relays ? "relay" : "srflx", signal);
  return {
    url: server.urls,
    ok: found.candidate !== null,
    ms: Math.round(performance.now() - began),
    address: found.candidate?.address ?? null,
    errorCode: found.errorCode,
    explanation: words(relays, found),
  };
}

/** The first candidate of the kind, or the last error until all that can be gathered is. */
async function gather(kit, server, kind, signal) {
  const policy = kind === "relay" ? "relay" : "all";
  const connection = new kit.RTCPeerConnection({ iceServers: [server], iceTransportPolicy: policy });
  const limit = limited(signal, PATIENCE);
  let errorCode = null;
  try {
    const candidate = await new Promise((resolve, reject) => {
      limit.signal.addEventListener("abort", () => resolve(null), { once: true });
      connection.addEventListener("icecandidateerror", (event) => {
        errorCode = event.errorCode;
      });
      connection.addEventListener("icecandidate", (event) => {
        if (event.candidate === null) resolve(null);
        else if (event.candidate.type === kind) resolve(event.candidate);
      });
      connection.createDataChannel("check");
      connection.setLocalDescription().catch(reject);
    });
    return { candidate, errorCode };
  } finally {
    limit.done();
    connection.close();
  }
}

function words(relays, { candidate, errorCode }) {
  if (candidate !== null) {
    return relays ? "It relays for you." : `It answers: others see you as ${candidate.address}.`;
  }
  if (errorCode === 401) {
    return "It refuses the credentials: its secret is not the one that matchd has, or a clock is wrong.";
  }
  if (errorCode === 486) return "It has no room for more: a quota is used up.";
  if (errorCode !== null && errorCode !== 701) return `It refuses (STUN error ${errorCode}).`;
  if (relays) return "It can't be reached: its name, its port, or a firewall in between.";
  return "Nothing comes back: it can't be reached, or nothing in between has changed your address.";
}
