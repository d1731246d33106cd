// SPDX-License-Identifier: Apache-2.0
// The playground's page in a browser, used as a person would. Called by
// tests/e2e/test_playground_page.py with the page's address and the browser's program.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");

const [root, executablePath, story] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext({ baseURL: root });
const page = await context.newPage();
const problems = [];
page.setDefaultTimeout(15000);
page.on("pageerror", (error) => problems.push(error.message));
page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
page.on("dialog", async (dialog) => {
  problems.push(`dialog: ${dialog.message()}`);
  await dialog.dismiss();
});

const shows = (text) => page.getByText(text).first().waitFor();

async function actAs(name) {
  await page.getByLabel("Act as").selectOption({ label: name });
}

/** From an empty list to a completed pull request, with the keyboard where one types. */
async function conversation() {
  await page.goto("/");
  await shows("No pull request yet");
  await page.getByRole("link", { name: "New pull request" }).click();
  await page.getByLabel("Title").fill("Two instead of one");
  await page.getByLabel("Content").fill("two\n");
  await page.getByRole("button", { name: "Open pull request" }).click();
  await page.getByRole("heading", { level: 1, name: /Two instead of one/ }).waitFor();
  await shows("Merges without conflicts.");
  assert.match(await page.locator(".diff .added .text").first().innerText(), /two/);

  await page.getByLabel("Comment, in Markdown").focus();
  await page.keyboard.type("atlantis **plan**");
  await page.keyboard.press("Control+Enter");
  await page.locator(".thread strong", { hasText: "plan" }).waitFor();
  await page.getByLabel("Reply").first().fill("as you wish");
  await page.getByRole("button", { name: "Reply" }).click();
  await shows("as you wish");
  await page.getByLabel("Status of this thread").selectOption("closed");
  await page.locator(".thread.closed").waitFor();

  await actAs("Reviewer");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.locator("aside li", { hasText: "Reviewer approved" }).waitFor();
  await page.getByText("Push another commit").click();
  await page.getByLabel("Content").fill("three\n");
  await page.getByRole("button", { name: "Push" }).click();
  await page.locator(".diff .added .text", { hasText: "three" }).waitFor();

  await actAs("Author");
  await page.getByLabel("How to complete").selectOption("squash");
  await page.getByRole("button", { name: "Complete" }).click();
  await page.locator(".badge", { hasText: "completed" }).waitFor();
  await page.getByRole("link", { name: "Pull requests" }).click();
  await page.locator(".row", { hasText: "Two instead of one" }).locator(".badge", { hasText: "completed" }).waitFor();
}

/** Whatever a comment says, it stays a comment. */
async function hostile() {
  await page.goto("/#/pull/1");
  await page.locator(".markdown", { hasText: "the end" }).waitFor();
  const bodies = page.locator(".threads .markdown");
  assert.equal(await bodies.locator("script, img, iframe, object, style, svg, [onerror], [onclick]").count(), 0);
  const targets = await bodies.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.ok(targets.every((target) => /^(https?:|#|\/(?!\/))/.test(target)), targets.join(" "));
  assert.equal(await page.evaluate(() => window.hacked), undefined);
}

/** One comment with all the Markdown that is shown as more than text. */
async function markdown() {
  await page.goto("/#/pull/1");
  const body = page.locator(".threads .markdown").first();
  await body.locator("details").waitFor();
  const texts = (what) => body.locator(what).allInnerTexts();
  assert.deepEqual(await texts("h5"), ["Plan for net"]);
  assert.deepEqual(await texts("strong"), ["bold"]);
  assert.deepEqual(await texts("th"), ["Project", "Result"]);
  assert.deepEqual(await texts("td"), ["net", "2 | 3"]);
  assert.deepEqual(await texts("li > code"), ["atlantis apply"]);
  assert.deepEqual(await texts("ol > li"), ["first", "second"]);
  assert.deepEqual(await texts("a"), ["run", "https://example.org/a_b_c"]);
  const lines = (kind) => body.locator(`pre .${kind}`).allTextContents();
  assert.deepEqual(await lines("added"), ["+ new\n"]);
  assert.deepEqual(await lines("removed"), ["- old\n"]);
  assert.deepEqual(await lines("changed"), ["~ <b>\n"]);
  assert.equal(await body.locator("details[open]").count(), 0);
  assert.equal(await body.locator("pre").isVisible(), false);
  await body.locator("summary").press("Enter");
  assert.equal(await body.locator("pre").isVisible(), true);
  assert.doesNotMatch(await body.innerText(), /hidden marker/);
}

const stories = { conversation, hostile, markdown };
try {
  await stories[story]();
  assert.deepEqual(problems, []);
} finally {
  await browser.close();
}
