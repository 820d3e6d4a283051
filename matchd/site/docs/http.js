/** The routes: an entry for each, whose inside is made when it is first opened. */

import { h } from "/page/dom.js";
import { fieldsOf, finder, kindOf, bounds } from "./schema.js";
import { json, prose, sample } from "./text.js";

const WHO = {
  player: "a player's token",
  host: "the host secret or a host's token",
  grant: "the booking's grant",
  admin: "an administrator's token",
  metrics: "the metrics token",
  token: "?token=",
  ticket: "?ticket=",
};

/** Chapters of entries: `{name, text, entries: [{id, method, path, title, words, inside}]}`. */
export function chaptersOf(document) {
  const find = finder(document);
  const usual = usualCodes(document);
  return document.tags.map((tag) => ({
    name: tag.name,
    text: tag.description,
    entries: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, one]) => one.tags[0] === tag.name)
        .map(([method, one]) => ({
          id: one.operationId,
          method: method.toUpperCase(),
          path,
          title: one.summary,
          words: words(method, path, one, find),
          inside: () => inside(method, path, one, find, usual),
        }))),
  }));
}

function words(method, path, one, find) {
  const codes = Object.values(one.responses).map((answer) => find(answer).description);
  const body = one.requestBody && Object.values(one.requestBody.content)[0].schema;
  const names = Object.keys(find(body)?.properties ?? {});
  const parameters = (one.parameters ?? []).map((each) => each.name);
  return [method, path, one.summary, one.description, one.tags, codes, names, parameters].flat().join(" ").toLowerCase();
}

function inside(method, path, one, find, usual) {
  return [
    one.description ? prose(one.description) : null,
    h("p", { class: "soft" }, who(one.security)),
    ...parameters(one.parameters ?? [], find),
    ...body(one.requestBody, find),
    h("h4", {}, "Request"),
    sample(curl(method, path, one), "request"),
    ...answers(one, find),
    ...refusals(one, find, usual),
  ].filter(Boolean);
}

function who(security) {
  const ways = security.map((each) => Object.keys(each)[0]).filter(Boolean).map((each) => WHO[each]);
  const open = security.some((each) => !Object.keys(each).length);
  if (!ways.length) return "For anyone.";
  return open ? `For anyone, or with ${ways.join(" or ")}.` : `Needs ${ways.join(" or ")}.`;
}

function parameters(list, find) {
  if (!list.length) return [];
  const rows = list.map((each) => h("li", {},
    h("code", { class: "name" }, each.name), " ",
    h("span", { class: "kind" }, [`in the ${each.in}`, kindOf(each.schema, find), ...bounds(each.schema, find)].join(", ")),
    each.required && each.in !== "path" ? h("span", { class: "needed" }, " needed") : null,
    prose(each.description ?? find(each.schema).description ?? "")));
  return [h("h4", {}, "Parameters"), h("ul", { class: "fields" }, ...rows)];
}

function body(wanted, find) {
  if (!wanted) return [];
  const kinds = Object.keys(wanted.content);
  const { schema } = wanted.content[kinds[0]];
  const form = kinds.length > 1 ? ", JSON or a form" : "";
  return [h("h4", {}, `Body${wanted.required ? "" : ", may be absent"}${form}`), fieldsOf(schema, find) ?? h("p", {}, kindOf(schema, find))];
}

function answers(one, find) {
  return Object.entries(one.responses)
    .filter(([status, answer]) => status < 300 && find(answer).content)
    .flatMap(([status, answer]) => Object.entries(find(answer).content).flatMap(([media, way]) => [
      h("h4", {}, `Answer ${status} `, h("span", { class: "kind" }, media === "application/json" ? kindOf(way.schema, find) : media)),
      media === "application/json" ? fieldsOf(way.schema, find) : null,
      way.example === undefined ? null : sample(json(way.example), "answer"),
    ]));
}

/** Codes that come from anywhere are told apart, by their status. */
function refusals(one, find, usual) {
  const rows = Object.entries(one.responses)
    .filter(([status]) => status >= 400)
    .map(([status, answer]) => [status, codesOf(find(answer))]);
  const list = (wanted) => {
    const left = rows.map(([status, codes]) => [status, codes.filter((code) => usual.has(code) !== wanted)]).filter(([, codes]) => codes.length);
    return left.length && h("dl", { class: "codes" }, ...left.flatMap(([status, codes]) => [h("dt", {}, status), h("dd", {}, ...codes.map((code) => h("code", {}, code)))]));
  };
  const own = list(true);
  return [
    own ? h("h4", {}, "Refusals") : null,
    own || null,
    h("details", {}, h("summary", {}, "Refusals that any route may give"), list(false) || ""),
  ];
}

const codesOf = (answer) => answer.description.split("`").filter((_, at) => at % 2);

/** Codes that every route has. */
function usualCodes(document) {
  const find = finder(document);
  const all = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const sets = all.map((one) => new Set(Object.values(one.responses).flatMap((answer) => codesOf(find(answer)))));
  return new Set([...sets[0]].filter((code) => sets.every((one) => one.has(code))));
}

function curl(method, path, one) {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}'${location.origin}${path}'`];
  const way = one.security.map((each) => Object.keys(each)[0]).find((each) => each && each !== "token" && each !== "ticket");
  if (way) lines.push(`  -H "Authorization: Bearer $${way.toUpperCase()}"`);
  const content = one.requestBody?.content["application/json"];
  if (content?.example !== undefined) {
    lines.push("  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(content.example)}'`);
  }
  return lines.join(" \\\n");
}
