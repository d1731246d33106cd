// SPDX-License-Identifier: Apache-2.0
// The control API of the program that served this page.

export async function get(path) {
  return read(await fetch(`/_playground/${path}`));
}

export async function post(path, body = {}) {
  return read(await fetch(`/_playground/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }));
}

async function read(answer) {
  const text = await answer.text();
  const body = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(body?.error ?? `status ${answer.status}`);
  return body;
}

const notice = document.getElementById("notice");
let hiding;

/** Says it where everybody, and every screen reader, finds it. */
export function say(text, isBad = false) {
  notice.textContent = text;
  notice.className = `notice shown${isBad ? " bad" : ""}`;
  clearTimeout(hiding);
  hiding = setTimeout(() => { notice.className = "notice"; }, isBad ? 8000 : 3000);
}

/** For event handlers: what goes wrong is said, and returns false. */
export async function attempt(work, done) {
  try {
    await work();
    if (done) say(done);
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  }
}

const actor = document.getElementById("actor");

export const actingAs = () => actor.value;

export async function loadActors() {
  const users = await get("users");
  const before = sessionStorage.getItem("actor") ?? "author";
  for (const user of users.filter((one) => one.key !== "bot")) {
    actor.append(new Option(user.displayName, user.key, false, user.key === before));
  }
  actor.addEventListener("change", () => sessionStorage.setItem("actor", actor.value));
}
