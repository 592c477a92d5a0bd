// Google as a person connects it: the window, the boxes, saying no, closing it,
// a browser that opens no windows, none that has a script; then a change on
// either side.
"use strict";
const { ok, run, signIn, fits, sleep, until } = require("../lib/browser.js");
const { HAWSER_PASSWORD: password, SANDBOX_URL: sandbox } = process.env;

async function control(name, body) {
	const reply = await fetch(`${sandbox}/control/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body || {}) });
	if (!reply.ok)
		throw new Error(`${name}: ${reply.status} ${await reply.text()}`);
	return reply.json();
}
async function api(method, path, body) {
	const { access_token } = await control("token", { account: "anna@example.com", scopes: ["https://www.googleapis.com/auth/calendar"] });
	const reply = await fetch(`${sandbox}/google/calendar/v3/${path}`, { method,
		headers: { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
	return reply.json();
}

const card = (page) => page.locator("form[data-sign-in]").first();
// Presses Connect: the window that opens, at Google.
async function press(page, button = card(page).getByRole("button", { name: /onnect/ })) {
	const [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
	await popup.waitForURL(/\/o\/oauth2\//).catch(async (e) => { throw new Error(`${popup.url()}\n${await popup.locator("body").innerText()}\n${e.message}`); });
	return popup;
}
const waiting = (page) => page.getByText("Continue in the other window.");
const integrations = async (page) => { await page.goto("/settings/integrations"); };

run(async ({ page, context, browser, complaints }) => {
	await signIn(page, "ana@a.example", password);

	// ---- saying no ----
	await integrations(page);
	let popup = await press(page);
	ok(await popup.evaluate(() => innerWidth <= 620 && innerHeight <= 720), "a window of about 600 x 700");
	ok(await waiting(page).isVisible(), "the page waits");
	ok(await popup.evaluate(() => window.opener === null), "and Google's page has no hold of it");
	await popup.getByTestId("deny").click();
	await page.getByText(/Access was not granted/).first().waitFor();
	ok(await card(page).getByRole("button", { name: /Connect/ }).isVisible(), "saying no ends well: the button is there again");
	await until(() => popup.isClosed());
	ok(popup.isClosed(), "the window has closed itself");

	// ---- closing the window, and giving up ----
	popup = await press(page);
	await popup.close();
	await sleep(2500);
	ok(await waiting(page).isVisible(), "a window that is closed is no answer");
	await page.getByRole("button", { name: "Cancel" }).click();
	ok(await card(page).getByRole("button", { name: /Connect/ }).isVisible(), "who gives up has the button again");

	// ---- pressed twice ----
	popup = await press(page);
	await integrations(page);
	const second = await press(page);
	await second.getByTestId("allow").click();
	await page.waitForURL(/\/calendars/);
	ok(true, "of two windows the one that is answered counts");
	ok(await fits(page), "the calendars fit");
	await popup.getByTestId("allow").click();
	await popup.getByText(/connected|Integrations/i).first().waitFor().catch(() => {});
	await until(() => popup.isClosed(), 5);
	await integrations(page);
	ok(await page.locator("article.card").count() === 1, "and the other makes no second connection");

	// ---- back and reload in the window's place ----
	await page.getByRole("link", { name: /Open/ }).first().click();
	await page.getByRole("link", { name: "Choose calendars" }).first().click();
	await page.getByRole("checkbox", { name: "anna@example.com" }).check();
	await page.getByRole("button", { name: "Start syncing" }).click();
	for (let n = 1; n <= 12; n++)
		await api("POST", "calendars/primary/events", { summary: `Talk ${n}`, start: { dateTime: new Date(Date.now() + n * 3600e3).toISOString(), timeZone: "UTC" },
			end: { dateTime: new Date(Date.now() + (n + 0.5) * 3600e3).toISOString(), timeZone: "UTC" } });
	await integrations(page);
	await page.getByRole("button", { name: "Sync now" }).first().click();
	await page.goto("/settings/agenda?view=list");
	ok(await until(async () => {
		await page.reload();
		return page.getByText("Talk 12").first().isVisible();
	}), "what Google has is in the agenda");

	// ---- a browser that opens no windows ----
	await integrations(page);
	await page.evaluate(() => { window.open = () => null; });
	await card(page).getByRole("button", { name: /Connect/ }).click();
	await page.waitForURL(/\/o\/oauth2\//);
	await page.getByTestId("allow").click();
	await page.waitForURL(/\/settings\/connections\/\d+/);
	ok(true, "a blocked window: the page itself goes there and comes back");
	await page.goBack();
	await page.goto("/settings/integrations");
	ok(await page.locator("article.card").count() === 1, "the same account is the same connection");

	// ---- without the list ----
	await page.evaluate(() => { window.open = () => null; });
	await card(page).getByRole("button", { name: /Connect/ }).click();
	await page.waitForURL(/\/o\/oauth2\//);
	await page.getByLabel(/ben@example.com/).check();
	await page.locator("input[type=checkbox]").first().uncheck();
	await page.getByTestId("allow").click();
	await page.waitForURL(/\/settings\/connections\/\d+/);
	ok(/grant|missing|rest/i.test(await page.locator("main").innerText()), "a box that was not ticked is told, and how to tick it");

	// ---- no script ----
	const plain = await browser.newContext({ baseURL: process.env.HAWSER_URL, javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
	const bare = await plain.newPage();
	await signIn(bare, "both@ab.example", password);
	await bare.goto("/settings/connect/google");
	await bare.getByRole("button", { name: "Connect" }).click();
	await bare.waitForURL(/\/o\/oauth2\//);
	await bare.getByTestId("allow").click();
	await bare.waitForURL(/\/settings\/connections\/\d+\/calendars/);
	ok(true, "without a script it is two pages more and ends the same");
	await plain.close();
	complaints.length = complaints.filter((c) => !/Cross-Origin-Opener-Policy|Failed to load/.test(c)).length;
});
