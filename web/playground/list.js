// SPDX-License-Identifier: Apache-2.0
// All pull requests and repositories, and the form that opens one by editing a file.
import { actingAs, attempt, get, post } from "./api.js";
import { ago, el, Keyed, replace } from "./dom.js";
import { fileEditor } from "./editor.js";

export function badge(state, draft) {
  const text = draft && state === "active" ? "draft" : state;
  return el(`span.badge.${text}`, {}, text);
}

function pullRow(pull) {
  const node = el("li.row");
  const update = (now) => replace(node,
    el("div", {},
      el("a.title", { href: `#/pull/${now.number}` }, now.title),
      el("p.quiet", {}, `!${now.number} by ${now.author.displayName} into ${now.project}/${now.repository} `,
        el("code", {}, now.target), " · ", ago(now.created))),
    badge(now.state, now.draft));
  update(pull);
  return { node, update };
}

function repoRow(repo) {
  const node = el("li.row");
  const update = (now) => replace(node,
    el("div", {},
      el("strong", {}, `${now.project.name}/${now.name}`),
      now.parentRepository && el("span.quiet", {}, ` fork of ${now.parentRepository.name}`),
      el("p.quiet", {}, el("code", {}, now.webUrl))),
    el("a.button", { href: `#/new/${now.id}` }, "New pull request"));
  update(repo);
  return { node, update };
}

export function list() {
  const pulls = el("ul.rows");
  const repos = el("ul.rows");
  const none = el("p.empty", { hidden: true }, "No pull request yet. Open one from a repository below.");
  const noRepos = el("p.empty", { hidden: true }, "No repository yet. Whoever started this program makes them through its control API.");
  const pullRows = new Keyed(pulls, pullRow);
  const repoRows = new Keyed(repos, repoRow);
  return {
    title: "Pull requests",
    node: el("div.narrow", {}, el("h1", {}, "Pull requests"), pulls, none, el("h2", {}, "Repositories"), repos, noRepos),
    async refresh() {
      const [allPulls, allRepos] = await Promise.all([get("pulls"), get("repositories")]);
      pullRows.update(allPulls, (one) => one.number);
      repoRows.update(allRepos, (one) => one.id);
      none.hidden = allPulls.length > 0;
      noRepos.hidden = allRepos.length > 0;
    },
  };
}

const branchName = () => `change-${Date.now().toString(36)}`;

/** A form whose fields are filled once; after that it belongs to who types in it. */
export function openForm(repoId) {
  const holder = el("div.narrow", {}, el("h1", {}, "New pull request"));
  let ready = false;

  async function fill() {
    const repos = await get("repositories");
    const chosen = repos.find((one) => one.id === repoId) ?? repos[0];
    if (!chosen) {
      holder.append(el("p.empty", {}, "There is no repository to open one in."));
      return;
    }
    const editor = fileEditor(await get(`repositories/${chosen.id}/files`));
    const repo = el("select", { id: "repo", onchange: () => { location.hash = `#/new/${repo.value}`; } },
      repos.map((one) => new Option(`${one.project.name}/${one.name}`, one.id, false, one.id === chosen.id)));
    const title = el("input", { id: "title", required: true, maxLength: 400, value: "Change the infrastructure" });
    const source = el("input", { id: "source", required: true, pattern: "[A-Za-z0-9._\\/\\-]+", value: branchName() });
    const description = el("textarea", { id: "description", rows: 3, maxLength: 4000 });
    const draft = el("input", { id: "draft", type: "checkbox" });
    const submit = async (event) => {
      event.preventDefault();
      const body = {
        repository: repo.value, source: source.value, title: title.value, draft: draft.checked,
        user: actingAs(), message: title.value, files: editor.files(),
        ...(description.value && { description: description.value }),
      };
      let made;
      if (await attempt(async () => { made = await post("pulls", body); })) location.hash = `#/pull/${made.number}`;
    };
    holder.append(el("form.panel", { onsubmit: submit },
      el("label", { htmlFor: "repo" }, "Repository"), repo,
      el("label", { htmlFor: "title" }, "Title"), title,
      el("label", { htmlFor: "description" }, "Description"), description,
      el("label", { htmlFor: "source" }, "Source branch, made from main"), source,
      editor.node,
      el("p", {}, el("label.inline", {}, draft, " Draft")),
      el("p.actions", {}, el("button.primary", { type: "submit" }, "Open pull request"), el("a.button", { href: "#/" }, "Cancel"))));
  }

  return {
    title: "New pull request",
    node: holder,
    async refresh() {
      if (ready) return;
      ready = true;
      await fill();
    },
  };
}
