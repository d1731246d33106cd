// SPDX-License-Identifier: Apache-2.0
// One file of a branch, changed, added or deleted.
import { el } from "./dom.js";

let forms = 0;

/** files: text by path. files() of the result is what a commit takes: { path: text or null }. */
export function fileEditor(files) {
  const id = `editor-${(forms += 1)}`;
  const paths = Object.keys(files).sort();
  const path = el("input", { id: `${id}-path`, required: true, value: paths.find((one) => one.endsWith(".tf")) ?? paths[0] ?? "main.tf" });
  const options = el("datalist", { id: `${id}-paths` }, paths.map((one) => new Option(one, one)));
  const text = el("textarea.code", { id: `${id}-text`, rows: 14, spellcheck: false });
  const remove = el("input", { type: "checkbox" });
  let typed = false;

  path.setAttribute("list", options.id);
  const load = () => {
    if (!typed || path.value in files) text.value = files[path.value] ?? "";
    typed = false;
  };
  path.addEventListener("change", load);
  text.addEventListener("input", () => { typed = true; });
  remove.addEventListener("change", () => { text.disabled = remove.checked; });
  load();
  return {
    node: el("fieldset", {},
      el("legend", {}, "File to change"),
      el("label", { htmlFor: path.id }, "Path; a new one adds a file"), path, options,
      el("label", { htmlFor: text.id }, "Content"), text,
      el("p", {}, el("label.inline", {}, remove, " Delete this file"))),
    files: () => ({ [path.value]: remove.checked ? null : text.value }),
  };
}
