// What the page asks of the platform. The session's token comes in the address's fragment, which no server
// and no log sees, and lives in this variable alone.

const fragment = location.hash.slice(1);
const token = fragment.startsWith("/") ? "" : fragment;
history.replaceState(null, "", location.pathname);

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`/_sandbox/console/api/${path}`, { ...options, headers });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body.message);
  return body;
}

export const hasSession = token !== "";
export const state = () => ask("state");
export const itemsOf = (folder, page) =>
  ask(`folders/${folder}/items${page ? `?pageToken=${encodeURIComponent(page)}` : ""}`);
export const partsOf = async (item) => (await ask(`items/${item}/parts`)).results;
export const errorsOf = (job) => ask(`jobs/${job}/errors`);
export const why = async (item, url) =>
  (await ask(`items/${item}/why`, { method: "POST", body: JSON.stringify({ url }) })).sentence;
