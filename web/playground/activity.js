// SPDX-License-Identifier: Apache-2.0
// What the program sent, and what it had to refuse.
import { attempt, get, post } from "./api.js";
import { el, Keyed, replace } from "./dom.js";

function cells(...values) {
  return values.map((value) => el("td", {}, value));
}

function deliveryRow(delivery) {
  const node = el("tr");
  const again = () => attempt(() => post(`deliveries/${delivery.id}/redeliver`), "Sent again");
  const update = (now) => replace(node, cells(
    String(now.id), el("code", {}, now.eventType), now.event?.message?.text?.split("\r\n")[0] ?? "",
    el(`span.badge.${now.status}`, {}, now.held ? "held" : now.status),
    `${now.attempts}${now.lastError ? `: ${now.lastError}` : now.lastStatus ? `: ${now.lastStatus}` : ""}`,
    el("button", { type: "button", onclick: again }, "Send again")));
  update(delivery);
  return { node, update };
}

function requestRow(request) {
  const node = el("tr");
  const update = (now) => replace(node, cells(String(now.status), now.method,
    el("code", {}, now.path), now.unexpected ?? (now.fault ? "made to fail" : "")));
  update(request);
  return { node, update };
}

function table(heads, body) {
  return el("div.scroll", { tabIndex: 0 }, el("table.wide", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", {}, head)))), body));
}

export function activity() {
  const sent = el("tbody");
  const refused = el("tbody");
  const nothing = el("p.empty", {}, "Nothing was refused.");
  const unheard = el("p.empty", {}, "No event was sent: nobody has subscribed, or nothing has happened.");
  const deliveries = new Keyed(sent, deliveryRow);
  const unexpected = new Keyed(refused, requestRow);
  return {
    title: "Activity",
    node: el("div.narrow", {}, el("h1", {}, "Activity"),
      el("h2", {}, "Service hooks"), unheard, table(["", "Event", "Text", "State", "Attempts", ""], sent),
      el("h2", {}, "Requests that were refused"), nothing, table(["Status", "", "Path", "Why"], refused)),
    async refresh() {
      const [all, wrong] = await Promise.all([get("deliveries"), get("unexpected")]);
      deliveries.update(all.reverse().slice(0, 100), (one) => one.id);
      unexpected.update(wrong.reverse(), (one) => one.id);
      unheard.hidden = all.length > 0;
      sent.closest(".scroll").hidden = all.length === 0;
      nothing.hidden = wrong.length > 0;
      refused.closest(".scroll").hidden = wrong.length === 0;
    },
  };
}
