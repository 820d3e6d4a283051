/** The page: one client for all sections, and which section is shown. */

import { Matchd } from "/client.js";
import { account } from "./account.js";
import { drafts } from "./drafts.js";
import { friends } from "./friends.js";
import { game } from "./game.js";
import { host } from "./host.js";
import { invitations } from "./invitations.js";
import { lobbies } from "./lobbies.js";
import { play } from "./play.js";
import { storage } from "./storage.js";

const SECTIONS = ["play", "host", "lobbies", "game", "friends"];

const matchd = new Matchd(location.origin, { storage: storage() });
const started = new Map();
const start = { play, host, lobbies, game, friends };

/** Show the section that the address names; each begins when it is first seen. */
function show() {
  const wanted = location.hash.slice(1);
  const name = SECTIONS.includes(wanted) ? wanted : SECTIONS[0];
  for (const one of SECTIONS) document.getElementById(one).hidden = one !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!started.has(name)) started.set(name, start[name](matchd));
}

/** Go to the lobbies, and into one. */
function enterLobby(where, how) {
  location.hash = "#lobbies";
  show();
  return started.get("lobbies").enter(where, how);
}

drafts(matchd);
account(matchd);
invitations(matchd, enterLobby);
addEventListener("hashchange", show);
show();
