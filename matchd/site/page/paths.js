/** A connection as people read it: how the two reach each other, and how fast, while it lives. */

import { chart } from "./chart.js";
import { h } from "./dom.js";

const KINDS = { host: "own network", srflx: "public address", prflx: "address as seen", relay: "relay" };

/** The way in words. */
export function wayOf(path) {
  if (path === null) return "No path yet";
  if (path.relay) return `Relayed by ${path.relay.url ?? "a TURN server"}`;
  return path.direct ? "Direct" : "Relayed on the other side";
}

/** What is shown of a connection; follows it each second until `stop`. */
export function pathView(source) {
  const way = h("dd");
  const pair = h("dd");
  const bytes = h("dd");
  const figure = chart();
  const element = h("div", {},
    h("dl", {}, h("dt", {}, "Way"), way, h("dt", {}, "Candidates"), pair, h("dt", {}, "Traffic"), bytes),
    figure.element);
  const look = async () => {
    const path = await source.path();
    way.textContent = wayOf(path);
    if (path === null) return;
    pair.textContent = `${KINDS[path.local]} to ${KINDS[path.remote]}, over ${path.protocol.toUpperCase()}`;
    bytes.textContent = `${size(path.bytesSent)} sent, ${size(path.bytesReceived)} received`;
    if (path.rttMs !== null) figure.add(path.rttMs);
  };
  const timer = setInterval(look, 1000);
  look();
  return { element, stop: () => clearInterval(timer) };
}

const size = (bytes) => (bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`);
