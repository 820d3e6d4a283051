/** What this browser keeps for the page. */

/** localStorage, or undefined where the browser forbids it. */
export const storage = () => attempt(() => localStorage);

/** What this tab remembers until it is closed: whether something is so, also after a reload. */
export const remembered = (name) => attempt(() => sessionStorage.getItem(name) !== null) ?? false;

export const remember = (name) => attempt(() => sessionStorage.setItem(name, "1"));

export const forget = (name) => attempt(() => sessionStorage.removeItem(name));

function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}
