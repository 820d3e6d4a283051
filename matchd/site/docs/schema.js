/** Schemas as lists of fields. `find` follows a reference of the document they are from. */

import { h } from "/page/dom.js";
import { prose } from "./text.js";

const DEEPEST = 4;

/** Follows references in one document. */
export function finder(document) {
  return function find(one) {
    let found = one;
    while (found?.$ref) {
      const { $ref: target, ...beside } = found;
      const there = target.slice(2).split("/").reduce((at, part) => at[part], document);
      found = { ...there, ...beside };
    }
    return found;
  };
}

/** What a value is, in a few words. */
export function kindOf(schema, find) {
  const one = find(schema) ?? {};
  if ("const" in one) return JSON.stringify(one.const);
  if (one.enum) return one.enum.map((value) => JSON.stringify(value)).join(" or ");
  const several = one.properties ? undefined : one.anyOf ?? one.oneOf;
  if (several) return [...new Set(several.map((each) => kindOf(each, find)))].join(" or ");
  if (one.type === "array") return one.prefixItems ? `[${one.prefixItems.map((each) => kindOf(each, find)).join(", ")}]` : `list of ${kindOf(one.items ?? {}, find)}`;
  if (one.properties) return "object";
  if (one.additionalProperties) return `object of ${kindOf(one.additionalProperties, find)}`;
  return [one.type ?? "anything"].flat().join(" or ");
}

/** The fields of an object, those inside it included; null when there are none. */
export function fieldsOf(schema, find, depth = 0) {
  const one = inner(schema, find);
  const names = Object.keys(one?.properties ?? {});
  if (!names.length || depth >= DEEPEST) return null;
  const needed = new Set(one.required ?? []);
  return h("ul", { class: "fields" }, ...names.map((name) => row(name, one.properties[name], needed.has(name), find, depth)));
}

function row(name, schema, needed, find, depth) {
  const one = find(schema);
  const text = schema.description ?? (one.properties ? undefined : one.description ?? inAny(one));
  return h("li", {},
    h("code", { class: "name" }, name), " ",
    h("span", { class: "kind" }, [kindOf(schema, find), ...bounds(schema, find)].join(", ")),
    needed ? h("span", { class: "needed" }, " needed") : null,
    text ? prose(text) : null,
    fieldsOf(schema, find, depth + 1));
}

/** What is said of the one among several that anything is said of. */
const inAny = (one) => one.anyOf?.find((each) => each.description && !each.$ref)?.description;

/** The object in a schema: itself, what a list is of, or the one among several. */
function inner(schema, find) {
  const one = find(schema);
  if (!one || one.properties) return one;
  if (one.type === "array" && one.items) return inner(one.items, find);
  if (one.additionalProperties instanceof Object) return inner(one.additionalProperties, find);
  return (one.anyOf ?? []).map((each) => inner(each, find)).find((each) => each?.properties);
}

/** What a value may be no more and no less than. */
export function bounds(schema, find) {
  const one = find(schema);
  if (one.anyOf) return [...new Set(one.anyOf.flatMap((each) => bounds(each, find)))];
  const said = [];
  const span = (low, high, what) => {
    if (low !== undefined && high !== undefined) said.push(`${low} to ${high}${what}`);
    else if (low !== undefined) said.push(`at least ${low}${what}`);
    else if (high !== undefined) said.push(`at most ${high}${what}`);
  };
  span(one.minimum, one.maximum, "");
  span(one.minLength, one.maxLength, " characters");
  span(one.minItems, one.maxItems, " of them");
  if (one.pattern && !one.description) said.push(one.pattern);
  if (one.default !== undefined && one.default !== null) said.push(`else ${JSON.stringify(one.default)}`);
  return said;
}

/** A value that a schema allows, for the eye. */
export function valueOf(schema, find, depth = 0) {
  const one = find(schema) ?? {};
  if ("const" in one) return one.const;
  if (one.enum) return one.enum[0];
  if (one.properties && depth < DEEPEST) {
    const needed = new Set(one.required ?? []);
    const names = Object.keys(one.properties).filter((name) => needed.has(name));
    return Object.fromEntries(names.map((name) => [name, valueOf(one.properties[name], find, depth + 1)]));
  }
  if (one.anyOf) return valueOf(one.anyOf[0], find, depth);
  if (one.prefixItems) return one.prefixItems.map((each) => valueOf(each, find, depth + 1));
  if (one.type === "array") return one.items && depth < 2 ? [valueOf(one.items, find, depth + 1)] : [];
  return { string: "…", integer: one.minimum ?? 0, number: 0, boolean: true }[[one.type].flat()[0]] ?? {};
}
