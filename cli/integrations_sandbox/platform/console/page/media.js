// Media, loaded by this browser straight from the bucket. `crossOrigin` and `fetch` put CORS in force,
// as in Encord's editor: without leave for this page's origin nothing of it can be seen.

import { bytes, el } from "./dom.js";

const TEXT = 200_000; // characters of a text that are shown

/** An element that will show a medium. `lost` is called when the browser does not get it. `large`: all of it. */
export function show(medium, name, lost, large = false) {
  const makers = { image, video, audio, plainText: text, pdf: large ? pdf : object };
  return (makers[medium.type] ?? object)(medium.url, name, lost, large);
}

function image(url, name, lost, large) {
  const loading = large ? "eager" : "lazy";
  return el("img", { crossOrigin: "anonymous", loading, alt: name, on: { error: lost }, src: url });
}

function video(url, name, lost) {
  const options = { crossOrigin: "anonymous", controls: true, preload: "metadata", playsInline: true };
  return el("video", { ...options, on: { error: lost }, attr: { "aria-label": name }, src: url });
}

function audio(url, name, lost) {
  const options = { crossOrigin: "anonymous", controls: true, preload: "metadata" };
  return el("audio", { ...options, on: { error: lost }, attr: { "aria-label": name }, src: url });
}

/** Fill an element with what `read` makes of the object's content, or report that it was lost. */
function filled(element, url, lost, read, range) {
  const headers = range ? { Range: `bytes=0-${range - 1}` } : {};
  fetch(url, { mode: "cors", credentials: "omit", headers })
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      await read(answer);
      element.dataset.loaded = "yes";
    })
    .catch(lost);
  return element;
}

function text(url, name, lost, large) {
  // What scrolls must be reachable by keyboard, and then it needs a name.
  const box = large ? el("pre", { tabIndex: 0, attr: { role: "region", "aria-label": name } }) : el("pre");
  const read = async (answer) => (box.textContent = (await answer.text()).slice(0, TEXT));
  return filled(box, url, lost, read, large ? TEXT : 400);
}

function pdf(url, name, lost) {
  const frame = el("iframe", { title: name });
  const read = async (answer) => {
    const file = new Blob([await answer.blob()], { type: "application/pdf" });
    frame.src = URL.createObjectURL(file);
  };
  return filled(frame, url, lost, read);
}

/** What is not drawn here (scans, documents in the overview): whether the browser may read it. */
function object(url, name, lost) {
  const box = el("p", { className: "object" });
  const read = async (answer) => {
    const size = Number(answer.headers.get("Content-Range")?.split("/")[1]) || null;
    box.textContent = size ? `readable, ${bytes(size)}` : "readable";
  };
  return filled(box, url, lost, read, 16);
}
