/** What keys need of the browser's cryptography, and bytes as text. */

import { MatchdError } from "./errors.js";

/** The browser's own cryptography, which there is on secure pages alone. */
export function subtle() {
  if (globalThis.crypto?.subtle) return crypto.subtle;
  throw new MatchdError("no_crypto", "Keys need a secure page (https, or localhost).");
}

/** The bytes of a text. */
export const bytesOf = (text) => new TextEncoder().encode(text);

/** Bytes in base64, one by one: a call has no room for so many arguments. */
export const toBase64 = (bytes) => btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));

/** The bytes of a base64 text; throws where it is none. */
export const fromBase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
