// Elements, and lists that change without losing focus, pictures or what is open in them.

export const byId = (id) => document.getElementById(id);

/** An element with properties (`on` holds listeners, `attr` attributes) and children. */
export function el(tag, { on = {}, attr = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(attr)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Make `list` show `records` in order: an element per key is made once, and updated when its record changes. */
export function keyed(list, records, make, update = () => {}) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const record of records) {
    let element = known.get(record.uuid);
    known.delete(record.uuid);
    if (!element) {
      element = make(record);
      element.dataset.key = record.uuid;
    }
    update(element, record);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}

export function bytes(count) {
  if (count === null) return null;
  const unit = Math.min(3, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return `${+(count / 1000 ** unit).toPrecision(3)} ${["bytes", "kB", "MB", "GB"][unit]}`;
}
