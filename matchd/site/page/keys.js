/**
 * Key accounts at the door: made from a phrase that is shown once, entered by it again, or by a file that is
 * locked with a password. The key stays in memory, and is never stored.
 */

import { KeyAccount } from "/client.js";
import { ask, nameField, secret, show, shut } from "./door.js";
import { check, field, h, notice, said, valueOf } from "./dom.js";

let held = null;

/** Enter with a key, and hold on to it while its account is the one that is logged in. */
async function enter(matchd, key, username) {
  const account = await matchd.login({ key, username, device: "browser" });
  held = { key, id: account.id };
}

/** Forget the key of who is not here any more. */
export function forgetKey(account) {
  if (held?.id !== account?.id) held = null;
}

/** A new account. */
export function makeKey(matchd) {
  const name = nameField({ minlength: 2 });
  const words = "No password: twelve words on paper are the account. It can be used wherever you have them.";
  const act = async () => {
    const phrase = await KeyAccount.newPhrase();
    await enter(matchd, await KeyAccount.fromPhrase(phrase), valueOf(name));
    reveal(matchd, phrase);
    return true;
  };
  ask({ title: "New key account", words, fields: [name], label: "Make the account", act });
}

/** Show a phrase, until whom it belongs to says that it is written down. */
function reveal(matchd, phrase) {
  const door = document.getElementById("door");
  const done = h("button", { class: "main", disabled: true }, "Done");
  const again = () => reveal(matchd, phrase);
  const noted = check("I have written them down", { onchange: ({ target }) => { done.disabled = !target.checked; } });
  const form = h("form", { onsubmit: (event) => (event.preventDefault(), door.removeEventListener("close", again), shut()) },
    h("p", {}, "Write these words down in their order. They are shown ", h("strong", {}, "this once"),
      ", and are the only key to ", said(matchd.account.name), ": whoever has them is you."),
    h("ol", { class: "words", "aria-label": "The words", tabindex: "0" }, phrase.split(" ").map((word) => h("li", {}, word))),
    noted, done);
  show("Your recovery phrase", form);
  door.querySelector("ol").focus();
  // A phrase that is gone by mistake is an account that is gone.
  door.addEventListener("close", again, { once: true });
}

/** Enter by a phrase. */
export function byPhrase(matchd, words = "Twelve words; the first four letters of each will do.") {
  const phrase = phraseField();
  const act = async () => {
    await enter(matchd, await KeyAccount.fromPhrase(valueOf(phrase)), "");
    await greet(matchd);
  };
  ask({ title: "Log in by phrase", words, fields: [phrase], label: "Log in", act, others: [["Use a key file", () => byFile(matchd)]] });
}

/** Say so where a phrase is nobody's: it is an account from now on, and may not be the one that was meant. */
async function greet(matchd) {
  const { createdAt, logins, name } = await matchd.me();
  if (logins.length > 1 || logins[0].createdAt - createdAt > 1) return;
  notice(new Error(`Nobody was known by this phrase here, so it is a new account, ${name}.`));
}

/** Enter by a file, and have the friends that are kept in it. */
export function byFile(matchd) {
  const file = field("Key file", { type: "file", accept: ".json,application/json", required: true, dir: null });
  const password = secret("Password of the file", { autocomplete: "off" });
  const act = async () => {
    const text = await file.querySelector("input").files[0].text();
    const { key, more } = await KeyAccount.fromBackup(text, valueOf(password));
    await enter(matchd, key, more?.name ?? "");
    const lost = await restore(matchd, more?.friends ?? []);
    if (lost.length > 0) notice(new Error(`Not known here, and not among your friends: ${lost.join(", ")}.`));
  };
  ask({ title: "Use a key file", words: "A file that you have saved here or elsewhere.", fields: [file, whose("key file"), password], label: "Open", act });
}

/** Be friends again with whom one is not; the names of those who are not to be found. */
async function restore(matchd, friends) {
  const known = new Map((await matchd.friends.list()).map((one) => [one.id, one.state]));
  const lost = [];
  for (const { id, name, state } of friends) {
    if (known.has(id) && known.get(id) !== "incoming") continue;
    const verb = state === "blocked" ? "block" : "add";
    await matchd.friends[verb](id).catch((error) => {
      if (error.status !== 404) throw error;
      lost.push(name ?? id);
    });
  }
  dispatchEvent(new Event("friends"));
  return lost;
}

/** Save the key and one's friends in a file; the phrase is asked for where the key is not at hand. */
export function saveFile(matchd) {
  const isHeld = held?.id === matchd.account.id;
  const phrase = isHeld ? null : phraseField();
  const password = secret("Password for the file", { minlength: 8, autocomplete: "new-password" });
  const words = "Your key and your friends, locked with a password: open it in another browser, or after a mishap.";
  const act = async () => {
    const key = isHeld ? held.key : await KeyAccount.fromPhrase(valueOf(phrase));
    const { publicKey, name } = await matchd.me();
    if (key.publicKey !== publicKey) throw new Error("This phrase is another account's.");
    const friends = (await matchd.friends.list()).filter((one) => one.state !== "incoming");
    const kept = friends.map(({ id, name, state }) => ({ id, name, state }));
    save(await key.backup(valueOf(password), { name: name.split("~")[0], friends: kept }), `${name}.matchd-key.json`);
  };
  ask({ title: "Save a key file", words, fields: [phrase, whose(matchd.account.name), password], label: "Save", act });
}

function save(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Under which name a password manager keeps the password of a file. */
const whose = (value) => h("input", { hidden: true, autocomplete: "username", "aria-label": "Whose password", value });

const phraseField = () => h("label", {}, "Recovery phrase",
  h("textarea", { rows: 3, required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false" }));
