// With scripting off: every page says its heading and can be sent, and every
// POST route of the table is reached by pressing buttons alone.
"use strict";
const { ok, run, signIn } = require("../lib/browser");
const { pages, people, dav, posts } = JSON.parse(process.env.PAGES);
const password = process.env.HAWSER_PASSWORD;
const at = (name) => pages.find((p) => p.name === name).path;
const press = (page, name) => page.locator("main").getByRole("button", { name }).first().click();

// In this order: what is taken away comes last. Each: who, page, what is done.
const steps = [
	["ana", "connection", (page) => press(page, "Pause")],
	["ana", "connection", (page) => press(page, "Resume")],
	["ana", "connection-off", (page) => press(page, "Resume")],
	["ana", "integrations", (page) => press(page, "Sync now")],
	["ana", "connection", (page) => press(page, "Retry")],
	["ana", "calendars", async (page) => {
		await page.getByLabel("Choir").first().check();
		await press(page, /Save|Start/);
	}],
	["ana", "calendars", (page) => press(page, "Look for new calendars")],
	["ana", "connect-caldav", async (page) => {
		for (const [label, value] of [["Address", dav], ["Login", "eva"], ["Password", "hidden"]])
			await page.getByLabel(label).fill(value);
		await press(page, "Connect");
	}],
	["ana", "reconnect", async (page) => {
		await page.getByLabel("Password").fill("wrong");
		await press(page, "Reconnect");
		await page.locator(".wrong, .notice-bad").first().waitFor();
	}, 422],
	["ana", "event-new", async (page) => {
		await page.getByLabel("Title").fill("Without a script");
		await press(page, "Save");
	}],
	["ana", "event-edit", async (page) => {
		await page.getByLabel("Place").fill("Kitchen");
		await press(page, "Save");
	}],
	["ana", "event-delete", (page) => press(page, "Delete")],
	["ana", "event-deleted", (page) => press(page, "Restore")],
	["ana", "event-date", async (page) => {
		await page.locator("main").getByRole("link", { name: "Delete", exact: true }).click();
		await press(page, "Delete");
	}],
	["ana", "agenda-deleted", async (page) => {
		await page.locator("form[action*='/agenda/deleted/']").first().getByRole("button").click();
	}],
	["ana", "agenda-calendars", async (page) => {
		await page.getByLabel("Name").fill("Club");
		await press(page, "Add it");
	}],
	["ana", "agenda-calendars", (page) => press(page, "Share it")],
	["ana", "conflict", (page) => press(page, "Keep it as it is now")],
	["ana", "conflicts", async (page) => {
		await page.locator(".rows a").first().click();
		await press(page, "Take the other side");
	}],
	["ana", "run-held", (page) => press(page, "Keep the events")],
	["ana", "connection-returned", (page) => press(page, "Sync it again")],
	["ana", "audit", (page) => press(page, /Check|Verify/)],
	["ana", "remove", (page) => press(page, "Disconnect")],
	["both", "login-org", (page) => press(page, "Open")],
	["ana", "account-password", async (page) => {
		const fields = page.locator("input[type=password]");
		for (let n = 0; n < await fields.count(); n++)
			await fields.nth(n).fill(n ? "another good password" : password);
		await press(page, /password|Save/i);
	}],
	["both", "account", async (page) => {
		await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
		await press(page, "Save the time zone");
	}],
	["both", "account", (page) => press(page, "Sign out")],
];
// The other button of a form that is pressed above, on the same page.
const twins = ["/settings/conflicts/{id}/here", "/settings/runs/{id}/approve",
	// Of a script alone, of programs, and google.js without a script.
	"/settings/ask/sign-in/{flow}/cancel", "/hooks/google", "/oauth/{provider}/start"];

async function every(page, who, faults) {
	for (const p of pages.filter((q) => q.who === who)) {
		const reply = await page.goto(p.path);
		if (reply.status() >= 400 && p.name !== "not-found")
			faults.push(`${p.name}: ${reply.status()}`);
		if (await page.locator("h1").count() !== 1)
			faults.push(`${p.name}: no heading`);
		// A button may stand elsewhere and name its form.
		if (!await page.locator("form[method=post]").evaluateAll((forms) => forms.every((f) => [...f.elements].some((e) => e.type === "submit"))))
			faults.push(`${p.name}: a form without a button`);
	}
}

run(async ({ context, page, complaints }) => {
	const sent = new Set(), faults = [];
	const routes = posts.map((path) => ({ path, like: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`) }));
	page.on("request", (r) => {
		if (r.method() === "POST")
			sent.add(new URL(r.url()).pathname);
	});
	await every(page, "", faults);
	for (const who of Object.keys(people)) {
		await context.clearCookies();
		await signIn(page, people[who], password);
		await every(page, who, faults);
	}
	ok(!faults.length, `${pages.length} pages are whole without a script`, faults.join("\n"));
	let last;
	for (const [who, name, act, want] of steps) {
		if (who !== last) {
			await context.clearCookies();
			await signIn(page, people[who], password);
			last = who;
		}
		await page.goto(at(name));
		const answer = page.waitForResponse((r) => r.request().method() === "POST");
		await act(page);
		const status = (await answer).status();
		await page.waitForLoadState();
		ok(status === (want || 303) && await page.locator("main h1").count() === 1, `${name}: ${status}, then ${page.url().replace(/^[^/]*\/\/[^/]*/, "")}`,
			await page.locator("main").innerText());
	}
	const left = routes.filter((r) => !twins.includes(r.path) && ![...sent].some((path) => r.like.test(path))).map((r) => r.path);
	ok(!left.length, `${routes.length} forms: each was sent by its button`, left.join("\n"));
	complaints.length = complaints.filter((c) => !/Failed to load resource/.test(c)).length;
}, { javaScriptEnabled: false });
