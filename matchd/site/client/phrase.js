/**
 * Recovery phrases: a key account as words, to be kept on paper (BIP-39, its English list).
 *
 * Twelve words are 128 random bits and four of a checksum; a word is known by its first four letters. The
 * account's seed is the Ed25519 master key (SLIP-0010) of the phrase's BIP-39 seed without a passphrase.
 */

import { bytesOf, subtle } from "./crypto.js";
import { MatchdError } from "./errors.js";

const ENTROPY = 16;
const BITS = 11;
const LENGTHS = [12, 15, 18, 21, 24];
const KNOWN_BY = 4;

/** A new phrase. */
export function newPhrase() {
  return phraseOf(crypto.getRandomValues(new Uint8Array(ENTROPY)));
}

/** The phrase of 16 to 32 random bytes. */
export async function phraseOf(entropy) {
  const { WORDS } = await import("./words.js");
  const bits = bitsOf(entropy) + (await checksum(entropy));
  return bits.match(/.{11}/g).map((one) => WORDS[Number.parseInt(one, 2)]).join(" ");
}

/** The 32 bytes of a phrase, however it is spaced, numbered or abbreviated. */
export async function seedOf(phrase) {
  const words = await checked(phrase.normalize("NFKD").toLowerCase().match(/[a-z]+/g) ?? []);
  const password = await subtle().importKey("raw", bytesOf(words.join(" ")), "PBKDF2", false, ["deriveBits"]);
  const kdf = { name: "PBKDF2", hash: "SHA-512", salt: bytesOf("mnemonic"), iterations: 2048 };
  const seed = await crypto.subtle.deriveBits(kdf, password, 512);
  const hmac = { name: "HMAC", hash: "SHA-512" };
  const curve = await crypto.subtle.importKey("raw", bytesOf("ed25519 seed"), hmac, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign(hmac, curve, seed)).slice(0, 32);
}

/** The words in full; refused unless they are a phrase. */
async function checked(texts) {
  const { WORDS } = await import("./words.js");
  if (!LENGTHS.includes(texts.length)) {
    throw wrong(`A recovery phrase has 12 words (or 15, 18, 21, 24); there are ${texts.length}.`);
  }
  const places = texts.map((text) => WORDS.findIndex((word) => isMeant(word, text)));
  const unknown = texts[places.indexOf(-1)];
  if (unknown !== undefined) throw wrong(`"${unknown}" is no word of recovery phrases.`);
  const bits = places.map((place) => place.toString(2).padStart(BITS, "0")).join("");
  const size = (bits.length * 32) / 33;
  const entropy = Uint8Array.from(bits.slice(0, size).match(/.{8}/g), (one) => Number.parseInt(one, 2));
  if ((await checksum(entropy)) !== bits.slice(size)) {
    throw wrong("These words belong to no phrase: one of them is another, or their order is.");
  }
  return places.map((place) => WORDS[place]);
}

const isMeant = (word, text) => word === text || (text.length >= KNOWN_BY && word.length > text.length && word.startsWith(text));

/** The first bits of the hash, one for each 32 of the phrase's own. */
async function checksum(entropy) {
  const digest = new Uint8Array(await subtle().digest("SHA-256", entropy));
  return bitsOf(digest).slice(0, entropy.length / 4);
}

const bitsOf = (bytes) => [...bytes].map((one) => one.toString(2).padStart(8, "0")).join("");

const wrong = (message) => new MatchdError("invalid_phrase", message);
