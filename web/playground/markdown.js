// SPDX-License-Identifier: Apache-2.0
// Markdown as pull requests show it, made of DOM nodes. What it does not know stays text, so there is
// no way from a comment to an element that is not made here.
import { el } from "./dom.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])\s*(?:\1\s*){2,}$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const TABLE_LINE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DETAILS = /^\s*<details(\s+open)?\s*>\s*(.*)$/i;
const SUMMARY = /^\s*<summary\s*>(.*?)<\/summary\s*>\s*(.*)$/i;

/** A fragment for a comment's text. */
export function render(text) {
  const fragment = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").replace(/<!--[\s\S]*?-->/g, "").split("\n");
  fragment.append(...blocks(lines));
  return fragment;
}

function blocks(lines) {
  const out = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at);
    if (node) out.push(node);
    at = next;
  }
  return out;
}

function block(lines, at) {
  const line = lines[at];
  let match;
  if ((match = FENCE.exec(line))) return fence(lines, at, match);
  if (DETAILS.test(line)) return details(lines, at);
  if ((match = HEADING.exec(line))) return [el(`h${Math.min(6, match[1].length + 2)}`, {}, inline(match[2])), at + 1];
  if (RULE.test(line)) return [el("hr"), at + 1];
  if (QUOTE.test(line)) return quote(lines, at);
  if (ITEM.test(line)) return list(lines, at);
  if (line.includes("|") && TABLE_LINE.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) return table(lines, at);
  return paragraph(lines, at);
}

function fence(lines, at, [, mark, info]) {
  const end = new RegExp(`^ {0,3}${mark[0] === "`" ? "`" : "~"}{${mark.length},}\\s*$`);
  let last = at + 1;
  while (last < lines.length && !end.test(lines[last])) last += 1;
  return [code(lines.slice(at + 1, last), info.trim().split(/\s+/)[0].toLowerCase()), last + 1];
}

const DIFF_MARKS = { "+": "added", "-": "removed", "~": "changed", "!": "changed", "@": "place" };

function code(lines, language) {
  const body = el("code");
  if (language === "diff") {
    for (const line of lines) body.append(el(`span.line${DIFF_MARKS[line[0]] ? `.${DIFF_MARKS[line[0]]}` : ""}`, {}, `${line}\n`));
  } else {
    body.append(lines.join("\n"));
  }
  return el("pre", { tabIndex: 0 }, body);
}

/** <details> with its <summary>; what is between is Markdown again, fences and all. */
function details(lines, at) {
  const [, open, first] = DETAILS.exec(lines[at]);
  const inner = first ? [first.replace(/<\/details\s*>.*$/i, "")] : [];
  let depth = /<\/details\s*>/i.test(first) ? 0 : 1;
  let fenced = null;
  let last = at + 1;
  for (; last < lines.length && depth > 0; last += 1) {
    const line = lines[last];
    const mark = FENCE.exec(line);
    if (fenced) fenced = mark && mark[1].startsWith(fenced) && !mark[2].trim() ? null : fenced;
    else if (mark) fenced = mark[1];
    else if (DETAILS.test(line)) depth += 1;
    else if (/<\/details\s*>/i.test(line)) depth -= 1;
    if (depth > 0) inner.push(line);
    else inner.push(line.replace(/<\/details\s*>.*$/i, ""));
  }
  const node = el("details", { open: Boolean(open) });
  while (inner.length && !inner[0].trim()) inner.shift();
  const summary = SUMMARY.exec(inner[0] ?? "");
  if (summary) inner[0] = summary[2];
  node.append(el("summary", {}, summary ? inline(summary[1]) : "Details"), ...blocks(inner));
  return [node, last];
}

function quote(lines, at) {
  const inner = [];
  let match;
  while (at < lines.length && (match = QUOTE.exec(lines[at]))) {
    inner.push(match[1]);
    at += 1;
  }
  return [el("blockquote", {}, blocks(inner)), at];
}

function list(lines, at) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const node = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(mark, 10) } : {});
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length > indent.length + 1 || match[1].length < indent.length || /\d/.test(match[2]) !== ordered) break;
    const inner = [match[3]];
    at += 1;
    const deep = /^(\s{2,}|\t)/;
    while (at < lines.length) {
      const line = lines[at];
      const item = ITEM.exec(line);
      if (item && item[1].length <= indent.length + 1) break;
      if (!line.trim()) {
        if (!deep.test(lines[at + 1] ?? "")) break;
      } else if (!deep.test(line)) {
        break;
      }
      inner.push(line.replace(/^(\t|\s{1,4})/, ""));
      at += 1;
    }
    node.append(item(inner));
    while (at < lines.length && !lines[at].trim() && ITEM.test(lines[at + 1] ?? "")) at += 1;
  }
  return [node, at];
}

/** One line needs no paragraph around it; "[ ]" and "[x]" are boxes. */
function item(lines) {
  const box = /^\[([ xX])\]\s+(.*)$/.exec(lines[0]);
  if (box) lines[0] = box[2];
  const tick = box && el("input", { type: "checkbox", checked: box[1] !== " ", disabled: true, "aria-label": "done" });
  const rest = blocks(lines.slice(1));
  return el("li", {}, tick, tick && " ", inline(lines[0]), rest);
}

function cells(line) {
  const trimmed = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return trimmed.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
}

function table(lines, at) {
  const aligns = cells(lines[at + 1]).map((cell) =>
    cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left");
  const row = (line, tag) => el("tr", {}, cells(line).map((cell, i) => el(`${tag}.${aligns[i] ?? "left"}`, {}, inline(cell))));
  const body = el("tbody");
  const head = el("thead", {}, row(lines[at], "th"));
  for (at += 2; at < lines.length && lines[at].includes("|") && lines[at].trim(); at += 1) body.append(row(lines[at], "td"));
  return [el("div.scroll", { tabIndex: 0 }, el("table", {}, head, body)), at];
}

function starts(lines, at) {
  const line = lines[at];
  return FENCE.test(line) || DETAILS.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}

/** A new line in a comment is a new line on the page. */
function paragraph(lines, at) {
  const node = el("p");
  const first = at;
  while (at < lines.length && lines[at].trim() && (at === first || !starts(lines, at))) {
    if (at > first) node.append(el("br"));
    node.append(...inline(lines[at].replace(/\s+$/, "")));
    at += 1;
  }
  return [node, at];
}

const INLINE = [
  [/^\\([\\`*_{}[\]()#+\-.!|<>~])/, (m) => m[1]],
  [/^(`+)(?!`)([\s\S]*?[^`])\1(?!`)/, (m) => el("code", {}, m[2].replace(/^ (.*\S.*) $/, "$1"))],
  [/^<br\s*\/?>/i, () => el("br")],
  [/^<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], m[1])],
  [/^!?\[((?:[^[\]\\]|\\.|\[[^\]]*\])*)\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))+)>?(?:\s+"[^"]*")?\s*\)/, (m) => link(m[2], inline(m[1]))],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*/, (m) => el("strong", {}, inline(m[1]))],
  [/^__(?=\S)([\s\S]*?\S)__(?!\w)/, (m) => el("strong", {}, inline(m[1]))],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (m) => el("s", {}, inline(m[1]))],
  [/^\*(?![\s*])([\s\S]*?[^\s*])\*(?!\*)/, (m) => el("em", {}, inline(m[1]))],
  [/^_(?![\s_])([\s\S]*?[^\s_])_(?!\w)/, (m) => el("em", {}, inline(m[1]))],
  [/^&(lt|gt|amp|quot|nbsp|#39);/, (m) => ({ lt: "<", gt: ">", amp: "&", quot: '"', nbsp: "\u00a0", "#39": "'" })[m[1]]],
  [/^https?:\/\/[^\s<>()`]*[^\s<>()`.,:;!?'"]/, (m) => link(m[0], m[0])],
];

/** Where a rule may begin. */
const SPECIAL = /[\\`<![*_~&]|https?:/;

function link(target, children) {
  const safe = /^(https?:\/\/|#|\/(?!\/))/.test(target);
  return safe ? el("a", { href: target, rel: "noreferrer noopener" }, children) : el("span", {}, children);
}

function inline(text) {
  const out = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) out.push(plain);
    plain = "";
  };
  while (at < text.length) {
    const next = text.slice(at).search(SPECIAL);
    plain += next < 0 ? text.slice(at) : text.slice(at, at + next);
    at = next < 0 ? text.length : at + next;
    const rest = text.slice(at);
    // In the middle of a word an underline is an underline.
    const inWord = /\w$/.test(plain) && rest[0] === "_";
    const rule = inWord ? null : INLINE.find(([pattern]) => pattern.test(rest));
    if (!rule) {
      plain += text[at] ?? "";
      at += 1;
      continue;
    }
    const match = rule[0].exec(rest);
    const made = rule[1](match);
    if (typeof made === "string") plain += made;
    else {
      flush();
      out.push(made);
    }
    at += match[0].length;
  }
  flush();
  return out;
}
