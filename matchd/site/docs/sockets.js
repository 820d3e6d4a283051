/** The sockets: an entry for each, with what is said in both directions, and how it ends. */

import { h } from "/page/dom.js";
import { fieldsOf, finder, kindOf, valueOf } from "./schema.js";
import { json, prose, sample } from "./text.js";

/** One chapter of entries, as the routes have them. */
export function socketsOf(document) {
  const find = finder(document);
  const entries = Object.entries(document.channels).map(([name, channel]) => ({
    id: `socket-${name}`,
    method: "WS",
    path: address(channel),
    title: channel.title,
    words: words(name, channel, document, find),
    inside: () => inside(name, channel, document, find),
  }));
  return { name: "WebSockets", text: document.info.description, entries };
}

function address(channel) {
  const { properties } = channel.bindings.ws.query;
  const fixed = Object.entries(properties).filter(([, one]) => "const" in one).map(([key, one]) => `${key}=${one.const}`);
  return channel.address + (fixed.length ? `?${fixed.join("&")}` : "");
}

function said(name, direction, document, find) {
  return document.operations[`${name}.${direction}`].messages.map(find);
}

function words(name, channel, document, find) {
  const told = ["receive", "send"].flatMap((direction) => said(name, direction, document, find));
  return [name, "websocket socket", channel.address, channel.title, channel.description, ...told.flatMap((one) => [one.name, one.summary])]
    .join(" ").toLowerCase();
}

function inside(name, channel, document, find) {
  return [
    prose(channel.description),
    h("h4", {}, "In the URL"),
    fieldsOf(channel.bindings.ws.query, find) ?? h("p", {}, "Nothing but the path."),
    h("h4", {}, "You say"),
    ...messages(said(name, "receive", document, find), find),
    h("h4", {}, "You hear"),
    ...messages(said(name, "send", document, find), find),
    h("details", {}, h("summary", {}, "How the server ends it"), closes(channel["x-close-codes"])),
  ];
}

function messages(list, find) {
  return list.map((one) => h("details", {},
    h("summary", {}, h("code", {}, one.title), " ", prose(one.summary, "span")),
    fieldsOf(one.payload, find) ?? h("p", { class: "kind" }, kindOf(one.payload, find)),
    sample(json(valueOf(one.payload, find)), one.title)));
}

function closes(list) {
  return h("dl", { class: "codes" }, ...list.flatMap((one) => [h("dt", {}, one.code), h("dd", {}, `${one.meaning} ${one.then}`)]));
}
