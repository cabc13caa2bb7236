// The page as a whole: it asks again and again while somebody looks, and shows the folder that the address names.

import * as api from "./api.js";
import { byId, el, keyed } from "./dom.js";
import * as items from "./items.js";
import * as jobs from "./jobs.js";

const MILLISECONDS = 1500;
const LOOPBACK = ["127.0.0.1", "localhost"].includes(location.hostname);
let folders = new Map(); // uuid -> folder
let current = null; // the uuid of the folder that is shown
let latest = null; // the folder of the latest registration
let standing = ""; // the same, and how many items it had

byId("origin").textContent = `opened as ${location.origin}`;
byId("more").addEventListener("click", items.more);
byId("again").addEventListener("click", items.again);
byId("close").addEventListener("click", () => byId("viewer").close());
byId("viewer").addEventListener("close", () => byId("stage").replaceChildren());
window.addEventListener("hashchange", () => show());
follow();

/** Ask, draw, and again, until the session ends. */
async function follow() {
  if (LOOPBACK) {
    notice(
      `This page's origin is ${location.origin}. Buckets let Encord's origin in and no other, so what is in them does`
      + " not appear here. To see pictures as annotators would: integrations sandbox console",
    );
  }
  if (!api.hasSession) {
    notice("This page needs a session: integrations sandbox console opens one. (A reload ends the session.)");
    return;
  }
  for (;;) {
    try {
      if (!document.hidden) await look();
    } catch (error) {
      if (error instanceof api.Refused && error.status === 401) return notice(error.message);
      notice(`The platform does not answer (${error.message}). This page goes on asking.`);
    }
    await new Promise((wake) => setTimeout(wake, MILLISECONDS));
  }
}

async function look() {
  const state = await api.state();
  if (!LOOPBACK) notice("");
  folders = new Map(state.folders.map((folder) => [folder.uuid, folder]));
  latest = state.jobs.find((job) => folders.has(job.folder))?.folder;
  drawFolders();
  jobs.draw(state.jobs, pathOf);
  await show();
}

async function show() {
  if (location.hash.startsWith("#/")) current = location.hash.slice(2);
  // At first where something happened last.
  if (!folders.has(current)) current = latest ?? sorted()[0]?.uuid;
  const folder = folders.get(current);
  if (!folder) return;
  const { uuid } = folder;
  for (const link of byId("folders").querySelectorAll("a")) {
    if (link.hash === `#/${uuid}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const wanted = `${uuid} ${folder.items}`;
  if (wanted === standing) return;
  standing = wanted;
  await items.open(uuid, pathOf(uuid));
}

function pathOf(uuid) {
  const names = [];
  for (let folder = folders.get(uuid); folder; folder = folders.get(folder.parent)) names.unshift(folder.name);
  return names.join("/");
}

/** Every folder, each behind its parent. */
function sorted() {
  const below = Map.groupBy(folders.values(), (folder) => (folders.has(folder.parent) ? folder.parent : null));
  const walk = (parent, depth) =>
    (below.get(parent) ?? []).flatMap((folder) => [{ ...folder, depth }, ...walk(folder.uuid, depth + 1)]);
  return walk(null, 0);
}

function drawFolders() {
  const make = () => el("li", {}, el("a", {}, el("span", { className: "hidden" }), el("span"), el("small")));
  keyed(byId("folders"), sorted(), make, (element, folder) => {
    const [link] = element.children;
    const [above, name, count] = link.children;
    const path = pathOf(folder.uuid);
    element.dataset.depth = Math.min(folder.depth, 8);
    link.href = `#/${folder.uuid}`;
    link.title = path;
    above.textContent = path.slice(0, path.length - folder.name.length);
    name.textContent = folder.name;
    count.textContent = ` ${folder.items}`;
  });
  byId("no-folders").hidden = folders.size > 0;
}

function notice(words) {
  const place = byId("notice");
  place.hidden = words === "";
  if (place.textContent !== words) place.textContent = words;
}
