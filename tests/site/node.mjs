/* Players in Node, for test_node.py: what they saw, as one object on the last line. The line "restart"
   asks for a restart of the server. Arguments: where the module is, where the server is. */
import { createRequire } from "node:module";

const [, , module, server] = process.argv;
const { KeyAccount, Matchd, MatchdError } = await import(module);

/* Before version 22 Node hides its WebSocket, and before 20 it has none: Debian's node-ws then. */
const WebSocket = globalThis.WebSocket ?? createRequire("/usr/share/nodejs/")("ws");
const options = { WebSocket };
const seen = {};

/* A page's storage. */
class Kept extends Map {
  getItem(name) {
    return this.get(name) ?? null;
  }
  setItem(name, value) {
    this.set(name, value);
  }
  removeItem(name) {
    this.delete(name);
  }
}

const refusal = (promise) => promise.then(() => "none", (error) => {
  if (!(error instanceof MatchdError)) return error.name;
  return [error.code, error.status];
});

async function until(done) {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/* Accounts: by password, by key, and what is wrong with some. */
const storage = new Kept();
const ann = new Matchd(server, { ...options, storage });
const bob = new Matchd(server, options);
await ann.signUp({ name: "ann", password: "correct horse" });
const key = await KeyAccount.create();
await bob.login({ key, username: "bob" });
seen.accounts = [ann.account.name, bob.account.name.split("~")[0], (await bob.me()).kind];
seen.again = (await KeyAccount.fromSeed(key.seed)).publicKey === key.publicKey;
const guest = new Matchd(server, options);
seen.refusals = [
  await refusal(guest.signUp({ name: "ANN", password: "correct horse" })),
  await refusal(guest.login({ name: "ann", password: "wrong horse" })),
  await refusal(guest.createLobby({ game: "chess" })),
  await refusal(guest.findMatch()),
  await refusal(new Matchd("http://127.0.0.1:9").login({ name: "ann", password: "correct horse" })),
  await refusal(guest.me({ signal: AbortSignal.abort() })),
];

/* Another tab is logged in by the storage they share. */
const tab = new Matchd(server, { ...options, storage });
seen.tab = tab.account.name;

/* A WebSocket that never opens, as behind some proxies. */
class Blocked {
  readyState = 3;
  constructor() {
    setTimeout(() => this.onclose({ code: 1006, reason: "" }), 1);
  }
  close() {}
}
const walled = new Matchd(server, { WebSocket: Blocked, storage });
seen.blocked = await refusal(walled.events().ready());
seen.refused = await refusal(guest.events().ready());

/* Friends hear of each other. */
const asked = bob.events().next("friend.request");
await bob.events().ready();
await ann.events().ready();
await ann.friends.addByCode(key.friendCode("bob"));
seen.request = (await asked).player.name;
await bob.friends.add("ann");
seen.friends = (await ann.friends.list({ state: "friend" })).map((one) => one.name.split("~")[0]);

/* The queue, and a game to its end. */
const [left, right] = await Promise.all([ann.joinQueue(), bob.joinQueue()]);
const starts = Promise.all([left.next("start"), right.next("start")]);
left.ready();
right.ready();
await starts;
const moved = new Promise((done) => right.on("move", (from, movement, seq) => done([from, movement, seq])));
left.move({ y: 3 });
const [mover, ...move] = await moved;
const over = Promise.all([left.next("over"), right.next("end")]);
for (const game of [left, right]) game.finish({ [ann.account.id]: 5, [bob.account.id]: 2 });
const [{ reason, winner }, ended] = await over;
seen.game = [mover === left.me, ...move, reason, winner === left.me, ended.code];
seen.history = (await ann.history()).items.map((one) => one.reason);
const tired = new AbortController();
const alone = refusal(bob.joinQueue({ signal: tired.signal, onWaiting: () => tired.abort() }));
seen.queue = [await alone, await refusal(bob.joinQueue({ mode: "none" })), await refusal(bob.joinGame("none"))];

/* Chat: stored when it says so, read when it is said so, each message once whatever is sent again. */
const talks = [];
const hers = await ann.chat();
const talk = await bob.chat({ receipts: true });
talk.on("message", ({ room, content, seq }) => talks.push([room, content, seq]));
await hers.create("tea", [bob.account.name]);
await hers.send("tea", "hello", { id: "the-first" });
await hers.send("tea", "hello", { id: "the-first" });
const [shown] = await Promise.all([hers.next("message"), hers.send("tea", "again")]);
await until(() => talks.length === 3);
seen.chat = [[...talks], shown.seq, await refusal(hers.send("none", "hello"))];
const unread = async () => (await talk.unread()).map((one) => one.unread);
seen.unread = await unread();
talk.read("tea", shown.seq);
await until(async () => (await unread())[0] === 0);
hers.close();

/* A lobby: listed to a guest as it changes, joined by its code, ready, and a restart in the middle. */
const lists = [];
const list = guest.lobbies.watch((lobbies) => lists.push(lobbies.map((one) => [one.name, one.player_count])));
await until(() => lists.length > 0);
const lobby = await ann.createLobby({ game: "chess", name: "Friday" });
const joined = lobby.next("change");
const his = await bob.joinLobby({ code: lobby.code.toLowerCase() });
seen.joined = (await joined).player_count;
seen.twice = await refusal(ann.createLobby({ game: "chess" }));
await until(() => lists.at(-1)[0]?.[1] === 2);
const back = Promise.all([ann.events().next("back"), bob.events().next("back")]);
console.log("restart");
await back;
const ready = lobby.next("change");
await his.setReady(true);
seen.ready = (await ready).players.map((one) => one.ready);
const renamed = his.next("change");
await lobby.change({ name: "Saturday" });
await renamed;
await until(() => lists.at(-1)[0]?.[0] === "Saturday");
seen.list = lists.at(-1);
const said = talk.next("message");
seen.later = await refusal(ann.chat().then((chat) => chat.send("tea", "back")));
seen.said = (await said).seq;
talk.close();
const out = his.next("end");
await lobby.kick(bob.account.id);
await out;
list.close();

/* Tokens are good for little more than a minute: the open socket is given a new one. */
const first = storage.getItem(`matchd:${server}`);
await until(() => storage.getItem(`matchd:${server}`) !== first);
seen.token = await refusal(ann.me());

/* The login ends elsewhere: the socket closes, everybody here is told. */
const expired = new Promise((resolve) => ann.on("expired", resolve));
const other = new Matchd(server, options);
await other.login({ name: "ann", password: "correct horse" });
await other.logout({ everywhere: true });
seen.expired = (await expired).code;
seen.nobody = [ann.account, storage.size, await refusal(ann.me())];
bob.events().close();
console.log(JSON.stringify(seen));
