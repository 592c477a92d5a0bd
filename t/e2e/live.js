// The cards live: a sync seen from its press to its end without a reload, a
// failure told in the corner, the focus kept, a hidden page that asks nothing;
// and the same pages without script.
"use strict";
const { execFileSync } = require("child_process");
const { chromium } = require("../node_modules/playwright-core");
const { ok, run, signIn, sleep, until } = require("../lib/browser.js");
const { HAWSER_PASSWORD: password, DAV_SLOW_URL: slow, HAWSER_BIN: bin } = process.env;
const hawser = (...args) => execFileSync(`${bin}/hawser`, args, { encoding: "utf8" });

run(async ({ page, context }) => {
	await signIn(page, "ana@a.example", password);
	await page.goto("/settings/integrations");
	await page.getByRole("link", { name: "Connect CalDAV" }).click();
	ok(/\/settings\/connect\/caldav$/.test(page.url()), "a provider's form is one click from the first page");
	await page.getByLabel("Address").fill(slow);
	await page.getByLabel("Login").fill("anna");
	await page.getByLabel("Password").fill("secret");
	await page.getByRole("button", { name: "Connect" }).click();
	await page.waitForURL(/\/calendars/);
	const id = /connections\/(\d+)/.exec(page.url())[1];
	await page.getByLabel("Family", { exact: true }).check();
	await page.getByRole("button", { name: "Start syncing" }).click();
	await page.goto("/settings/integrations");
	await page.evaluate(() => { window.still = true; });

	const badge = page.locator(`[data-connection="${id}"] .badge`);
	ok(await until(async () => (await badge.textContent()) === "Up to date"), "the card comes to say Up to date", await badge.textContent());
	ok(await page.evaluate(() => window.still), "without a reload");
	ok(/60/.test(await page.locator(`[data-connection="${id}"] .facts`).innerText()), "with its events");
	ok(await until(async () => /just now|min ago/.test(await page.locator(`[data-connection="${id}"] [data-part=last_sync]`).textContent())), "and when it last synced");
	ok(/\d{4}/.test(await page.locator(`[data-connection="${id}"] [data-part=last_sync]`).getAttribute("title")), "the exact time behind it");

	// ---- somebody else pauses and resumes; the focus stays on the button
	await page.locator(`[data-connection="${id}"]`).getByRole("link", { name: "Open" }).focus();
	hawser("connection", "pause", id);
	await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	ok(await until(async () => (await badge.textContent()) === "Off"), "paused elsewhere, the card says Off");
	ok(await page.locator(`[data-connection="${id}"]`).getByRole("button", { name: "Resume" }).isVisible(), "and offers Resume");
	ok(await page.evaluate(() => document.activeElement.textContent.startsWith("Open")), "the focus is where it was");
	ok(await until(async () => (await page.locator("p.hidden[role=status]").textContent()).includes("Off")), "screen readers are told");

	// ---- a run on the page of one connection
	hawser("connection", "resume", id);
	await page.goto(`/settings/connections/${id}`);
	await page.evaluate(() => { window.still = true; });
	await until(async () => (await page.locator("#state .head .badge").textContent()) === "Up to date");
	const before = await page.locator("#state tbody tr").count();
	hawser("connection", "sync", id);
	await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	ok(await until(async () => (await page.locator("#state tbody tr").count()) > before), "a run that came is in the history");
	ok(await page.evaluate(() => window.still), "of a page that was not loaded again");
	await page.getByRole("button", { name: "Sync now" }).click();
	await page.waitForURL(/notice=sync-started/);
	ok(await page.locator("main > .notice-work").isVisible(), "a press is answered");
	await sleep(1000);
	hawser("connection", "pause", id);
	await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	ok(await until(async () => !await page.locator("main > .notice-work").count()), "the answer goes when what was asked for has come about");
	hawser("connection", "resume", id);

	// ---- hidden: it asks nothing
	await page.goto("/settings/integrations");
	await sleep(1500);
	await page.evaluate(() => {
		Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
		document.dispatchEvent(new Event("visibilitychange"));
	});
	let asked = 0;
	page.on("request", (r) => { asked += /status$/.test(r.url()); });
	hawser("connection", "pause", id);
	await sleep(2500);
	ok(asked === 0, "a hidden page asks nothing", asked);
	await page.evaluate(() => {
		Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
		document.dispatchEvent(new Event("visibilitychange"));
	});
	ok(await until(async () => (await badge.textContent()) === "Off", 8), "seen again, it catches up at once");

	// ---- a failure is told in the corner
	await page.route("**/settings/integrations/status", async (route) => {
		const reply = await route.fetch();
		const status = await reply.json();
		Object.assign(status.connections[0], { state: "reconnect", words: "Reconnect", error: "The server no longer accepts the password.", look_again_secs: 1 });
		await route.fulfill({ response: reply, json: status });
	});
	await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	const toast = page.locator(".toast-bad");
	await toast.waitFor();
	ok(/no longer accepts the password/.test(await toast.innerText()), "a failure stands in the corner");
	ok((await toast.getByRole("link").getAttribute("href")).endsWith(`/settings/connections/${id}`), "with a link to it");
	ok(await toast.getByRole("button", { name: "Retry" }).count() === 0, "a refused password is not tried again");
	await toast.getByRole("button", { name: "Close" }).click();
	ok(await toast.count() === 0, "and goes when it is closed");

	// ---- and tried again from there
	await page.unroute("**/settings/integrations/status");
	await page.route("**/settings/integrations/status", async (route) => {
		const reply = await route.fetch();
		const status = await reply.json();
		Object.assign(status.connections[0], { state: "paused", words: "Paused until 14:05", error: "The server does not answer. It goes on by itself.", look_again_secs: 1 });
		await route.fulfill({ response: reply, json: status });
	});
	hawser("connection", "resume", id);
	await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	await toast.getByRole("button", { name: "Retry" }).click();
	await page.waitForURL(new RegExp(`/settings/connections/${id}\\?notice=sync-started`));
	ok(/The sync has been asked for/.test(await page.locator("main").innerText()), "Retry in the corner asks for a sync");
	await page.unroute("**/settings/integrations/status");
	hawser("connection", "pause", id);

	// ---- without script
	const plain = await chromium.launch({ executablePath: process.env.HAWSER_CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
	const off = await (await plain.newContext({ baseURL: process.env.HAWSER_URL, javaScriptEnabled: false })).newPage();
	await signIn(off, "ana@a.example", password);
	await off.goto("/settings/integrations");
	await off.getByRole("button", { name: "Resume" }).click();
	ok(/Resumed/.test(await off.locator("main").innerText()), "without script the buttons work");
	await off.goto("/settings/integrations");
	ok(/Up to date|Syncing/.test(await off.locator(`[data-connection="${id}"] .badge`).innerText()), "and a page that is loaded says how it is");
	await plain.close();
});
