// Registrations with their progress, and the units that failed.

import * as api from "./api.js";
import { byId, el, keyed } from "./dom.js";

const STATUS = { PENDING: "running", DONE: "ended", ERROR: "ended with errors", CANCELLED: "cancelled" };
const nameOf = (job) => job.fileName || job.integration;
const before = new Map(); // uuid -> the status that was told last

/** Draw the jobs. pathOf: a folder's path by its uuid. */
export function draw(jobs, pathOf) {
  keyed(byId("jobs"), jobs, (job) => card(job), (element, job) => update(element, job, pathOf(job.folder)));
  byId("no-jobs").hidden = jobs.length > 0;
  tell(jobs);
}

function card(job) {
  const title = el("h3", { textContent: nameOf(job) });
  const bar = el("progress", { attr: { "aria-label": `Progress of ${nameOf(job)}` } });
  const failures = el("details", { hidden: true }, el("summary"), el("ul"));
  failures.addEventListener("toggle", () => failures.open && fill(failures, job.uuid));
  return el("li", {}, title, el("p", { className: "quiet" }), bar, el("p", { className: "tally" }), failures);
}

function update(element, job, path) {
  const total = job.pending + job.done + job.error + job.cancelled;
  const parts = [`${job.done} of ${total} units done`];
  if (job.error) parts.push(`${job.error} failed`);
  if (job.cancelled) parts.push(`${job.cancelled} cancelled`);
  const from = job.fileName ? `${job.integration} · ` : "";
  element.dataset.mood = job.error ? "bad" : job.status === "DONE" ? "good" : "";
  element.querySelector(".quiet").textContent = `${from}${path} · ${new Date(job.createdAt).toLocaleTimeString()}`;
  Object.assign(element.querySelector("progress"), { max: total || 1, value: total - job.pending });
  element.querySelector(".tally").textContent = `${STATUS[job.status]}: ${parts.join(", ")}`;
  const failures = element.querySelector("details");
  const changed = failures.dataset.count !== `${job.error}`;
  failures.hidden = job.error === 0;
  failures.dataset.count = job.error;
  failures.firstChild.textContent = `What failed (${job.error})`;
  if (changed && failures.open) fill(failures, job.uuid);
}

async function fill(failures, job) {
  const errors = await api.errorsOf(job);
  const left = Number(failures.dataset.count) - errors.length;
  const lines = errors.map(({ error }) => el("li", { textContent: error }));
  if (left > 0) lines.push(el("li", { textContent: `… and ${left} more` }));
  failures.lastChild.replaceChildren(...lines);
}

/** Say aloud that a job ended; of those that had ended before nothing is said. */
function tell(jobs) {
  const ended = jobs.filter((job) => before.get(job.uuid) === "PENDING" && job.status !== "PENDING");
  for (const job of jobs) before.set(job.uuid, job.status);
  if (ended.length) {
    const words = ended.map((job) => `${nameOf(job)}: ${STATUS[job.status]}`);
    byId("news").textContent = words.join(". ");
  }
}
