// SPDX-License-Identifier: Apache-2.0
// The only way this page makes elements. Text becomes text nodes: nothing is ever parsed as HTML.

/** el("a.name", { href, onclick }, child, "text", [more], null) */
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else if (name in node && typeof node[name] !== "object") node[name] = value;
    else node.setAttribute(name, value);
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child);
  }
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** Keeps one node per key and makes it anew only when its data has changed. */
export class Keyed {
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.known = new Map();
  }

  update(items, keyOf) {
    const seen = new Set();
    let before = null;
    for (const item of items) {
      const key = String(keyOf(item));
      const text = JSON.stringify(item);
      let entry = this.known.get(key);
      if (!entry) {
        entry = { text, handle: this.make(item) };
        this.known.set(key, entry);
      } else if (entry.text !== text) {
        entry.text = text;
        entry.handle.update(item);
      }
      seen.add(key);
      const next = before ? before.nextSibling : this.parent.firstChild;
      if (entry.handle.node !== next) this.parent.insertBefore(entry.handle.node, next);
      before = entry.handle.node;
    }
    for (const [key, entry] of this.known) {
      if (seen.has(key)) continue;
      entry.handle.node.remove();
      this.known.delete(key);
    }
  }
}

export function ago(iso) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 1000));
  const text =
    seconds < 60 ? "just now"
      : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago`
        : seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago`
          : new Date(iso).toLocaleDateString();
  return el("time", { datetime: iso, title: new Date(iso).toLocaleString() }, text);
}
