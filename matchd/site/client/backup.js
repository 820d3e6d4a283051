/**
 * A value locked with a password, as a text to keep in a file: AES-256-GCM under a key that PBKDF2 makes of
 * the password. How often it was iterated stands in the text, so that this number may grow.
 */

import { bytesOf, fromBase64, subtle, toBase64 } from "./crypto.js";
import { MatchdError } from "./errors.js";

const FORMAT = "matchd-key-1";
const ITERATIONS = 600_000;
/** More than any text may ask for, lest opening one take for ever. */
const MOST = 10_000_000;

/** Lock a value. */
export async function lock(value, password) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await keyOf(password, salt, ITERATIONS);
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytesOf(JSON.stringify(value)));
  const text = { salt: toBase64(salt), iv: toBase64(iv), box: toBase64(new Uint8Array(box)) };
  return JSON.stringify({ format: FORMAT, kdf: "PBKDF2-SHA-256", iterations: ITERATIONS, ...text }, null, 1);
}

/** The value again. */
export async function unlock(text, password) {
  const { salt, iv, box, iterations } = parsed(text);
  const key = await keyOf(password, salt, iterations);
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, box);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    throw new MatchdError("wrong_password", "The password does not open this file, or the file is damaged.");
  }
}

async function keyOf(password, salt, iterations) {
  const raw = await subtle().importKey("raw", bytesOf(password.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(kdf, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function parsed(text) {
  try {
    const { format, iterations, salt, iv, box } = JSON.parse(text);
    const isOurs = format === FORMAT && Number.isInteger(iterations) && iterations > 0 && iterations <= MOST;
    if (isOurs) return { iterations, salt: fromBase64(salt), iv: fromBase64(iv), box: fromBase64(box) };
  } catch {
    // It is not ours either.
  }
  throw new MatchdError("invalid_backup", "This is no file with a key of matchd.");
}
