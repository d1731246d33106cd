// SPDX-License-Identifier: Apache-2.0
// One pull request: what it is, the conversation, what it changes, and what one may do about it.
import { actingAs, attempt, get, post } from "./api.js";
import * as diff from "./diff.js";
import { ago, el, Keyed, replace } from "./dom.js";
import { fileEditor } from "./editor.js";
import { badge } from "./list.js";
import { render } from "./markdown.js";

const VOTES = { 10: "approved", 5: "approved with suggestions", 0: "no vote", "-5": "waits for the author", "-10": "rejected" };
const VOTE_ACTIONS = [[10, "Approve"], [5, "Approve with suggestions"], [-5, "Wait for author"], [-10, "Reject"], [0, "Take back"]];
const SIGNS = { succeeded: "✓", approved: "✓", failed: "✕", error: "✕", rejected: "✕", pending: "●", queued: "●", notApplicable: "–", notSet: "○" };
const THREAD_STATES = ["active", "fixed", "wontFix", "closed", "byDesign", "pending"];

const path = (number, what) => `pulls/${number}/${what}`;

function sign(state) {
  return el(`span.sign.${state}`, { "aria-hidden": "true" }, SIGNS[state] ?? "●");
}

function commentRow(comment) {
  const node = el("div.comment");
  const body = el("div.markdown");
  let shown = null;
  const update = (now) => {
    const text = now.isDeleted ? null : now.content;
    replace(node,
      el("p.byline", {}, el("strong", {}, now.author.displayName), " ", ago(now.publishedDate),
        now.lastContentUpdatedDate !== now.publishedDate && !now.isDeleted && el("span.quiet", {}, " edited"),
        now.usersLiked.length > 0 && el("span.quiet", { title: now.usersLiked.map((one) => one.displayName).join(", ") }, ` 👍 ${now.usersLiked.length}`)),
      body);
    // What one has folded open stays open.
    if (text === shown && shown !== null) return;
    shown = text;
    replace(body, text === null ? el("p.quiet", {}, "This comment was deleted.") : render(text));
  };
  update(comment);
  return { node, update };
}

function replyForm(number, thread) {
  const text = el("textarea", { rows: 2, "aria-label": "Reply", placeholder: "Reply" });
  const submit = async (event) => {
    event.preventDefault();
    if (text.value.trim() && await attempt(() => post(path(number, "comment"), { thread, text: text.value, user: actingAs() }))) text.value = "";
  };
  return el("form.reply", { onsubmit: submit }, text, el("button", { type: "submit" }, "Reply"));
}

function systemThread(thread) {
  const node = el("li.event");
  const update = (now) => replace(node, now.comments[0].content, " ", ago(now.publishedDate));
  update(thread);
  return { node, update };
}

function threadRow(number) {
  return (thread) => {
    if (thread.comments[0].commentType === "system") return systemThread(thread);
    const comments = el("div");
    const rows = new Keyed(comments, commentRow);
    const state = el("select", {
      "aria-label": "Status of this thread",
      onchange: () => attempt(() => post(`pulls/${number}/threads/${thread.id}/status`, { status: state.value })),
    }, THREAD_STATES.map((one) => new Option(one, one)));
    const node = el("li.thread", {}, comments, el("div.foot", {}, replyForm(number, thread.id), state));
    const update = (now) => {
      rows.update(now.comments, (one) => one.id);
      node.className = `thread ${now.status ?? "unset"}`;
      if (document.activeElement !== state) state.value = now.status ?? "active";
    };
    update(thread);
    return { node, update };
  };
}

/** The newest of each genre and name on the newest iteration; older ones say so. */
function countingStatuses(pull) {
  const newest = pull.iterations.length;
  const found = new Map();
  for (const status of pull.statuses) {
    const key = `${status.context.genre ?? ""}/${status.context.name}`;
    const before = found.get(key);
    if (!before || (status.iterationId ?? newest) >= (before.iterationId ?? 0)) found.set(key, status);
  }
  return [...found.entries()].sort().map(([name, status]) => ({ name, status, old: (status.iterationId ?? newest) < newest }));
}

function statusList(pull) {
  const all = countingStatuses(pull);
  if (!all.length) return el("p.quiet", {}, "No status was posted.");
  return el("ul.checks", {}, all.map(({ name, status, old }) => el("li", {}, sign(status.state ?? "notSet"),
    el("div", {},
      status.targetUrl ? el("a", { href: status.targetUrl, rel: "noreferrer noopener" }, name) : el("strong", {}, name),
      el("span.quiet", {}, ` ${status.state ?? "notSet"}${old ? ", of an older push" : ""}`),
      status.description && el("p", {}, status.description)))));
}

function policyList(pull) {
  if (!pull.evaluations.length) return el("p.quiet", {}, "No policy covers the target branch.");
  return el("ul.checks", {}, pull.evaluations.map((one) => el("li", {}, sign(one.status),
    el("div", {}, el("strong", {}, one.policy), el("span.quiet", {}, ` ${one.status}${one.blocking ? "" : ", optional"}`)))));
}

function reviewerList(pull) {
  const all = pull.pullRequest.reviewers;
  if (!all.length) return el("p.quiet", {}, "Nobody has voted.");
  const vote = (one) => (one.vote > 0 ? "approved" : one.vote < 0 ? "rejected" : "notSet");
  return el("ul.checks", {}, all.map((one) => el("li", {}, sign(vote(one)),
    el("div", {}, el("strong", {}, one.displayName), el("span.quiet", {}, ` ${VOTES[one.vote]}${one.isRequired ? ", required" : ""}`)))));
}

function button(label, work, extra = "") {
  return el(`button${extra}`, { type: "button", onclick: work }, label);
}

function voteButtons(number) {
  return el("div.actions", {}, VOTE_ACTIONS.map(([vote, label]) =>
    button(label, () => attempt(() => post(path(number, "vote"), { vote, user: actingAs() }), "Voted"))));
}

function stateActions(number, strategy) {
  const act = (what, body, done) => () => attempt(() => post(path(number, what), { user: actingAs(), ...body?.() }), done);
  return {
    complete: button("Complete", act("complete", () => ({ options: { mergeStrategy: strategy.value, deleteSourceBranch: true } }), "Completing"), ".primary"),
    abandon: button("Abandon", act("abandon", null, "Abandoned")),
    reactivate: button("Reactivate", act("reactivate", null, "Reactivated")),
    publish: button("Publish", act("draft", () => ({ draft: false }), "Published")),
    draft: button("Mark as draft", act("draft", () => ({ draft: true }), "Marked as draft")),
  };
}

function strategySelect() {
  const names = { noFastForward: "Merge commit", squash: "Squash", rebase: "Rebase", rebaseMerge: "Rebase and merge" };
  return el("select", { "aria-label": "How to complete" }, Object.entries(names).map(([value, label]) => new Option(label, value)));
}

function commentForm(number) {
  const text = el("textarea", { id: "comment", rows: 4, placeholder: "atlantis plan" });
  const submit = async (event) => {
    event.preventDefault();
    if (text.value.trim() && await attempt(() => post(path(number, "comment"), { text: text.value, user: actingAs() }), "Commented")) text.value = "";
  };
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) text.form.requestSubmit();
  });
  return el("form.panel", { onsubmit: submit }, el("label", { htmlFor: "comment" }, "Comment, in Markdown"), text,
    el("p.actions", {}, el("button.primary", { type: "submit" }, "Comment"), el("span.quiet", {}, "Ctrl+Enter")));
}

/** Filled when it is opened: the files are those of the source branch at that moment. */
function pushForm(number, where) {
  const holder = el("div");
  const node = el("details.panel", {}, el("summary", {}, "Push another commit"), holder);
  node.addEventListener("toggle", () => node.open && attempt(async () => {
    const { repository, branch } = where();
    const editor = fileEditor(await get(`repositories/${repository}/files?branch=${encodeURIComponent(branch)}`));
    const message = el("input", { id: "message", required: true, value: "Change a file" });
    const submit = async (event) => {
      event.preventDefault();
      const body = { files: editor.files(), message: message.value, user: actingAs() };
      if (await attempt(() => post(path(number, "push"), body), "Pushed")) node.open = false;
    };
    replace(holder, el("form", { onsubmit: submit }, editor.node, el("label", { htmlFor: "message" }, "Message"), message,
      el("p.actions", {}, el("button.primary", { type: "submit" }, "Push"))));
  }));
  return node;
}

function heading(pull) {
  const raw = pull.pullRequest;
  const fork = raw.forkSource ? `${raw.forkSource.repository.name}:` : "";
  return [
    el("h1", {}, pull.title, " ", el("span.quiet", {}, `!${pull.number}`)),
    el("p", {}, badge(pull.completing ? "completing" : pull.state, pull.draft), " ", el("strong", {}, pull.author.displayName),
      " wants to bring ", el("code", {}, fork + pull.source), " into ", el("code", {}, `${pull.project}/${pull.repository}:${pull.target}`),
      " ", ago(pull.created)),
    pull.labels.length > 0 && el("p", {}, pull.labels.map((label) => [el("span.label", {}, label.name), " "])),
    raw.description && el("div.markdown.description", {}, render(raw.description)),
  ];
}

const MERGES = {
  succeeded: ["succeeded", "Merges without conflicts."],
  conflicts: ["failed", "Conflicts with the target branch."],
  queued: ["pending", "The merge is being tried."],
  rejectedByPolicy: ["failed", "A policy stopped the completion."],
  failure: ["error", "The merge could not be tried."],
};

function mergeLine(pull) {
  const [state, text] = MERGES[pull.pullRequest.mergeStatus] ?? ["notSet", "No merge is tried."];
  return el("ul.checks", {}, el("li", {}, sign(state), el("div", {}, pull.state === "completed" ? "Completed." : text)));
}

function section(title, ...children) {
  return el("section", {}, el("h2", {}, title), children);
}

export function pullView(number) {
  const head = el("div.head");
  const threads = el("ol.threads");
  const rows = new Keyed(threads, threadRow(number));
  const quiet = el("p.empty", { hidden: true }, "Nobody has said anything yet.");
  const changes = el("div");
  const parts = { merge: el("div"), statuses: el("div"), policies: el("div"), reviewers: el("div") };
  const strategy = strategySelect();
  const actions = stateActions(number, strategy);
  const closing = el("div.actions");
  let where = null;
  let head_ = "";
  let side_ = "";
  let iteration = 0;
  const view = { title: `!${number}` };

  async function showChanges(pull) {
    const count = pull.iterations.length;
    if (count === iteration) return;
    const answer = await get(path(number, "diff"));
    iteration = count;
    replace(changes, diff.render(answer.diff));
  }

  function showActions(pull) {
    const active = pull.state === "active";
    const wanted = active
      ? pull.draft ? [actions.publish, actions.abandon] : [strategy, actions.complete, actions.draft, actions.abandon]
      : pull.state === "abandoned" ? [actions.reactivate] : [];
    actions.complete.disabled = pull.completing;
    replace(closing, wanted);
  }

  function showSide(pull) {
    const text = JSON.stringify([pull.statuses, pull.evaluations, pull.pullRequest, pull.iterations.length, pull.completing]);
    if (text === side_) return;
    side_ = text;
    replace(parts.merge, mergeLine(pull));
    replace(parts.statuses, statusList(pull));
    replace(parts.policies, policyList(pull));
    replace(parts.reviewers, reviewerList(pull));
    showActions(pull);
  }

  function showHead(pull) {
    const { title, description } = pull.pullRequest;
    const text = JSON.stringify([title, description, pull.state, pull.draft, pull.labels, pull.completing]);
    if (text === head_) return;
    head_ = text;
    replace(head, heading(pull));
    document.title = `!${number} ${title} · Playground`;
  }

  view.node = el("div.wide-view", {}, head,
    el("div.columns", {},
      el("div.conversation", {},
        section("Conversation", quiet, threads, commentForm(number)),
        section("Files changed", changes, pushForm(number, () => where))),
      el("aside", { "aria-label": "State" },
        section("Merge", parts.merge, closing),
        section("Statuses", parts.statuses),
        section("Policies", parts.policies),
        section("Votes", parts.reviewers, voteButtons(number)))));
  view.refresh = async () => {
    const pull = await get(`pulls/${number}`);
    where = { repository: pull.sourceRepositoryId, branch: pull.source };
    showHead(pull);
    rows.update(pull.threads, (one) => one.id);
    quiet.hidden = pull.threads.length > 0;
    showSide(pull);
    await showChanges(pull);
  };
  return view;
}
