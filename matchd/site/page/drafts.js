/**
 * What is typed outlives a login that has ended: it stands there again when the same player is back.
 * Sections are made anew for whoever comes, so this looks before they hear of it. Nothing is stored.
 */

const FIELDS = "main section input:not([type=password], [type=checkbox], [type=file], [readonly]), main section textarea";

export function drafts(matchd) {
  let owner = matchd.account?.id;
  let kept = new Map();
  const watcher = new MutationObserver(() => restore());

  const restore = () => {
    for (const [name, field] of fields()) {
      if (!kept.has(name)) continue;
      if (field.value === field.defaultValue) field.value = kept.get(name);
      field.closest("details")?.setAttribute("open", "");
      kept.delete(name);
    }
    if (kept.size === 0) watcher.disconnect();
  };

  matchd.on("change", (account) => {
    watcher.disconnect();
    if (account === null) {
      const typed = fields().filter(([, field]) => field.value !== field.defaultValue);
      kept = new Map(typed.map(([name, field]) => [name, field.value]));
    } else if (account.id === owner) {
      // Some fields come later, with what the server says.
      watcher.observe(document.getElementById("main"), { childList: true, subtree: true });
    } else {
      kept.clear();
    }
    owner = account?.id ?? owner;
  });
}

/** Each field by its section and label, as `[name, field]`. */
function fields() {
  return [...document.querySelectorAll(FIELDS)].map((field) => {
    const label = field.labels[0]?.textContent ?? field.ariaLabel;
    return [`${field.closest("section").id} ${label}`, field];
  });
}
