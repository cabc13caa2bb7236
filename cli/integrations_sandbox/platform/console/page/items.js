// The items of one folder: a card for each, the viewer, and what did not appear.

import * as api from "./api.js";
import { byId, bytes, el, keyed } from "./dom.js";
import { show } from "./media.js";

const KINDS = {
  audio: "Audio", dicomFile: "DICOM file", dicomSeries: "DICOM series", image: "Image", imageGroup: "Image group",
  imageSequence: "Image sequence", nifti: "NIfTI", pdf: "PDF", plainText: "Text", video: "Video",
};
const kindOf = (item) => (item.parts ? `${KINDS[item.type]}, ${item.parts} parts` : KINDS[item.type]);

let folder = null;
let shown = []; // the items whose cards stand
let next = null; // the token of the next page
const reasons = new Map(); // why something did not appear -> the names of what did not

/** Show a folder's items; of the folder that stands already only what has changed. */
export async function open(uuid, title) {
  if (uuid !== folder) {
    folder = uuid;
    clear();
  }
  byId("folder-title").textContent = title;
  const pages = [await api.itemsOf(uuid)];
  while (pages.flatMap((page) => page.results).length < shown.length && pages.at(-1).nextPageToken) {
    pages.push(await api.itemsOf(uuid, pages.at(-1).nextPageToken));
  }
  if (uuid === folder) draw(pages.flatMap((page) => page.results), pages.at(-1).nextPageToken);
}

/** Everything again, with URLs that are signed anew. */
export async function again() {
  clear();
  await open(folder, byId("folder-title").textContent);
}

function clear() {
  byId("grid").replaceChildren();
  reasons.clear();
  drawUnseen();
}

export async function more() {
  const page = await api.itemsOf(folder, next);
  draw([...shown, ...page.results], page.nextPageToken);
}

function draw(items, token) {
  [shown, next] = [items, token];
  keyed(byId("grid"), items, card);
  const number = `${token ? "The first " : ""}${items.length} ${items.length === 1 ? "item" : "items"}`;
  byId("count").textContent = items.length ? number : "This folder has no items.";
  byId("more").hidden = !token;
  byId("again").hidden = items.length === 0;
}

function card(item) {
  const frame = el("div", { className: "frame" }, picture(item.shown, item.name));
  const name = el("button", { type: "button", textContent: item.name, on: { click: () => view(item) } });
  return el("li", {}, frame, el("h3", {}, name), el("p", { className: "quiet", textContent: `${kindOf(item)} · ${item.integration}` }));
}

/** A medium in a frame of its own, which says so when the browser does not get it. */
function picture(medium, name, large = false) {
  if (!medium) return el("p", { className: "object", textContent: "has no object" });
  const box = el("div", { className: "medium" });
  const lost = async () => {
    box.replaceChildren(el("p", { className: "lost", textContent: "does not appear" }));
    const reason = medium.problem ?? (await api.why(medium.uuid, medium.url).catch((error) => error.message));
    box.title = reason;
    if (large) box.append(el("p", { textContent: reason }));
    report(reason, medium.uuid);
  };
  if (medium.problem) lost();
  else box.append(show(medium, name, lost, large));
  return box;
}

function report(reason, uuid) {
  reasons.set(reason, (reasons.get(reason) ?? new Set()).add(uuid));
  drawUnseen();
}

function drawUnseen() {
  const lost = new Set([...reasons.values()].flatMap((uuids) => [...uuids])).size;
  byId("unseen").hidden = lost === 0;
  byId("unseen-title").textContent = lost === 1 ? "1 object does not appear" : `${lost} objects do not appear`;
  const lines = [...reasons].map(([reason, uuids]) => ({ uuid: reason, count: uuids.size }));
  const line = ({ uuid }) => el("li", {}, el("span", { textContent: uuid }), " ", el("strong"));
  const times = (element, { count }) => (element.querySelector("strong").textContent = count > 1 ? `${count} times` : "");
  keyed(byId("unseen").querySelector("ul"), lines, line, times);
}

async function view(item) {
  byId("viewer-title").textContent = item.name;
  byId("facts").replaceChildren(...facts(item));
  byId("stage").replaceChildren();
  byId("viewer").showModal();
  const parts = item.parts ? await api.partsOf(item.uuid) : [];
  const whole = item.shown?.type === "video" || !parts.length ? [picture(item.shown, item.name, true)] : [];
  const piece = (part, place) =>
    el("li", {}, picture(part.shown, `Part ${place + 1} of ${parts.length}`), el("p", { textContent: part.name }));
  const strip = parts.map(piece);
  byId("stage").replaceChildren(...whole, ...(strip.length ? [el("ul", { className: "strip" }, ...strip)] : []));
}

function facts(item) {
  const size = item.width && item.height ? `${item.width} × ${item.height} pixels` : null;
  const seconds = item.duration === null ? null : `${+item.duration.toFixed(2)} s`;
  const metadata = item.clientMetadata === "{}" ? null : item.clientMetadata;
  const known = {
    Kind: kindOf(item), Integration: item.integration, Object: item.url, "Media type": item.mimeType,
    Size: bytes(item.fileSize), Dimensions: size, Duration: seconds, "Client metadata": metadata,
  };
  const told = Object.entries(known).filter(([, value]) => value !== null);
  return told.map(([name, value]) => el("div", {}, el("dt", { textContent: name }), el("dd", { textContent: value })));
}
