// SPDX-License-Identifier: Apache-2.0
// A unified diff as tables, one for each file.
import { el } from "./dom.js";

/** [{ path, oldPath, lines: [{ kind, old, now, text }] }] */
export function parse(text) {
  const files = [];
  let file = null;
  let old = 0;
  let now = 0;
  for (const line of text.split("\n")) {
    const head = /^diff --git "?a\/(.*?)"? "?b\/(.*?)"?$/.exec(line);
    const place = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line);
    if (head) {
      file = { oldPath: head[1], path: head[2], lines: [], note: "" };
      files.push(file);
    } else if (!file) {
      continue;
    } else if (place) {
      [old, now] = [Number(place[1]), Number(place[2])];
      file.lines.push({ kind: "place", text: place[3].trim() });
      file.inside = true;
    } else if (!file.inside) {
      if (/^(new file|deleted file|rename from|Binary files)/.test(line)) file.note ||= line.replace(/ mode \d+$/, "");
    } else if (line[0] === "+") {
      file.lines.push({ kind: "added", now: now++, text: line.slice(1) });
    } else if (line[0] === "-") {
      file.lines.push({ kind: "removed", old: old++, text: line.slice(1) });
    } else if (line[0] === " ") {
      file.lines.push({ kind: "same", old: old++, now: now++, text: line.slice(1) });
    }
  }
  return files;
}

const SIGN = { added: "+", removed: "−", same: "", place: "…" };

function row(line) {
  return el(`tr.${line.kind}`, {},
    el("td.number", {}, line.old ?? ""),
    el("td.number", {}, line.now ?? ""),
    el("td.sign", {}, SIGN[line.kind]),
    el("td.text", {}, el("code", {}, line.text || " ")));
}

export function render(text) {
  const files = parse(text);
  if (!files.length) return el("p.empty", {}, "Nothing differs from the target branch.");
  return el("div.files", {}, files.map((file) => {
    const count = (kind) => file.lines.filter((line) => line.kind === kind).length;
    const name = file.path === file.oldPath ? file.path : `${file.oldPath} → ${file.path}`;
    return el("details.file", { open: file.lines.length < 400 },
      el("summary", {}, el("code", {}, name), " ",
        el("span.plus", {}, `+${count("added")}`), " ", el("span.minus", {}, `−${count("removed")}`), " ",
        el("span.quiet", {}, file.note)),
      el("div.scroll", { tabIndex: 0 }, el("table.diff", {}, el("tbody", {}, file.lines.map(row)))));
  }));
}
