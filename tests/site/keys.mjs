/* Keys, phrases and locked files, for test_keys.py: says what came of them as JSON. */

const [module, entropies] = process.argv.slice(2);
const { KeyAccount, Matchd } = await import(module);
const { phraseOf } = await import(module.replace("client.js", "client/phrase.js"));

const refusal = (promise) => promise.then(() => "none", (error) => error.code ?? String(error));
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (text) => Uint8Array.from(Buffer.from(text, "hex"));

/* Each entropy's phrase, and the key of that. */
const known = [];
for (const one of JSON.parse(entropies)) {
  const phrase = await phraseOf(unhex(one));
  const key = await KeyAccount.fromPhrase(phrase);
  known.push([phrase, hex(key.seed), key.publicKey]);
}

/* As people write them down, and as they mistake them. */
const phrase = await KeyAccount.newPhrase();
const key = await KeyAccount.fromPhrase(phrase);
const words = phrase.split(" ");
const numbered = words.map((word, at) => `${at + 1}. ${word.slice(0, 4).toUpperCase()}`).join("\n");
const again = (await KeyAccount.fromPhrase(numbered)).publicKey === key.publicKey;
const mistakes = [];
for (const text of ["", words.slice(1).join(" "), `${words.slice(1).join(" ")} matchd`, `zoo ${"abandon ".repeat(11)}`]) {
  mistakes.push(await refusal(KeyAccount.fromPhrase(text)));
}

/* A file, opened, and not. */
const text = await key.backup("correct horse", { friends: ["bob"] });
const opened = await KeyAccount.fromBackup(text, "correct horse");
const greedy = JSON.stringify({ ...JSON.parse(text), iterations: 1e12 });
const files = [
  [opened.key.publicKey === key.publicKey, opened.more],
  await refusal(KeyAccount.fromBackup(text, "correct horses")),
  await refusal(KeyAccount.fromBackup("{}", "correct horse")),
  await refusal(KeyAccount.fromBackup(greedy, "correct horse")),
  /correct|bob/.test(text),
];

/* Servers that go by other names: what is signed for whom. */
const asked = [];
const server = (origin) => async (url, { body }) => {
  asked.push([new URL(url).pathname, JSON.parse(body).username ?? null]);
  return new Response(JSON.stringify({ challenge: "00", origin, code: "bad_credentials", error: "No." }), {
    status: url.endsWith("login") ? 401 : 200,
  });
};
const logins = [];
for (const origin of ["https://play.example.net", "https://PLAY.example.net:443", "https://evil.example", undefined]) {
  const matchd = new Matchd("https://play.example.net", { fetch: server(origin) });
  logins.push(await refusal(matchd.login({ key, username: "ann" })));
}
console.log(JSON.stringify({ known, again, mistakes, files, logins, asked: asked.length }));
