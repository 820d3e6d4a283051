/** The queue, and the game that it leads to; then another one. */

import { stranger } from "./account.js";
import { h, notice, swap } from "./dom.js";
import { asking, waiting } from "./queue.js";
import { Round } from "./round.js";
import { forget, remember, remembered } from "./storage.js";

/** This tab is in the queue or in a game. */
const INSIDE = "matchd-inside";

export function game(matchd) {
  const card = document.getElementById("game-card");
  let current = null;
  let call = null;

  /** Show something, in the place of what was there; `close` ends it. */
  const show = (element, close = () => {}) => {
    const former = current;
    current = { close };
    former?.close();
    call?.remove();
    swap(card, element);
  };

  const idle = (words) => {
    forget(INSIDE);
    show(asking(words, (options) => wait(options)));
  };

  const wait = (options, why) => {
    remember(INSIDE);
    const view = waiting(matchd, options, {
      why,
      entered: (one) => (current.close === view.close ? play(one, options) : one.close()),
      left: (error) => current.close === view.close && leave(error),
    });
    show(view.element, view.close);
  };

  const leave = (error) => {
    if (error?.code === "in_game") return enter(error.details.game_id);
    if (error) notice(error);
    return idle(error ? error.message : "You have left the queue");
  };

  const play = (one, options) => {
    if (!isOurs(one)) {
      one.close();
      return idle(`This page has no game for the mode ${one.view.mode}`);
    }
    const round = new Round(one, (end) => over(one, end, options));
    show(round.element, () => round.close());
    round.focus();
    if (card.closest("section").hidden) call = calling();
    return undefined;
  };

  const over = ({ id, view }, { words, error, result, other }, options) => {
    const mode = options.mode ?? view?.mode;
    if (result?.requeued) return wait({ mode }, `${words}: you are in the queue again`);
    const again = () => wait({ mode, properties: { rematch: id } }, `Waiting for ${other} to play again`);
    forget(INSIDE);
    const isElsewhere = error?.code === "replaced";
    return show(h("div", {},
      h("p", { class: "result", role: "status" }, isElsewhere ? "You play it in another window" : words),
      h("div", { class: "row tight" },
        isElsewhere ? h("button", { class: "main", onclick: () => enter(id) }, "Play it here") : h("button", { class: "main", onclick: again }, "Rematch"),
        h("button", { onclick: () => wait({ mode }) }, "Find another player"))));
  };

  const enter = async (id) => {
    remember(INSIDE);
    try {
      play(await matchd.joinGame(id), {});
    } catch (error) {
      notice(error);
      idle(error.message);
    }
  };

  /** After a reload, go on where the player is: in the queue, or in a game. */
  const begin = async () => {
    if (!matchd.account) return show(stranger(matchd, "play with others"));
    const wasInside = remembered(INSIDE);
    idle("Not in the queue");
    if (!wasInside) return undefined;
    const asked = current;
    const place = await matchd.request("GET", "/game/queue/").catch(() => null);
    if (place === null || current !== asked) return undefined;
    return place.queued ? wait({ mode: place.mode }) : enter(place.game_id);
  };
  matchd.on("change", begin);
  begin();
}

/** Whoever waits elsewhere on the page has seconds to get ready: say so there. */
function calling() {
  const go = h("button", { class: "main", onclick: () => { location.hash = "#game"; } }, "Go to the game");
  const element = h("div", { class: "notice invitation", role: "group", "aria-label": "Game" },
    h("p", {}, "There is a game for you: get ready."), go);
  addEventListener("hashchange", () => element.remove(), { once: true });
  document.getElementById("invitations").prepend(element);
  return element;
}

/** Two players, left and right: any other mode is another game. */
const isOurs = ({ players }) => players.map((one) => one.side).sort().join() === "left,right";
