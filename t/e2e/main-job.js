// The main job as a person lives through it: connect, see, change on either
// side, clash, be asked, disconnect; and once more without JavaScript.
"use strict";
const { execFileSync } = require("child_process");
const { ok, run, signIn, fits, until } = require("../lib/browser.js");
const { HAWSER_PASSWORD: password, HAWSER_MONTH: month, DAV_URL: dav, DAV_SLOW_URL: slow, HAWSER_BIN: bin } = process.env;
const shown = `${month.slice(0, 4)}-${month.slice(4)}`;

// ---- the other side: another program of the same person ----
async function remote(method, path, body, login = "anna:secret") {
	const headers = { Authorization: `Basic ${Buffer.from(login).toString("base64")}` };
	if (body)
		headers["Content-Type"] = "text/calendar; charset=utf-8";
	const reply = await fetch(dav + path, { method, headers, body });
	const text = await reply.text();
	if (reply.status >= 400 && reply.status !== 404)
		throw new Error(`${method} ${path}: ${reply.status} ${text}`);
	return reply.status === 404 ? "" : text;
}
const family = "/anna/family/";
const name = (n) => `m${String(n).padStart(3, "0")}`;
const read = (n) => remote("GET", `${family}${name(n)}.ics`);
function vevent(uid, summary, start, ...lines) {
	return ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//another//EN", "BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20260101T000000Z",
		`DTSTART:${start}`, `SUMMARY:${summary}`, ...lines, "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");
}
async function all() {
	const reply = await fetch(dav + family, { method: "REPORT", headers: {
		Authorization: `Basic ${Buffer.from("anna:secret").toString("base64")}`, Depth: "1", "Content-Type": "application/xml",
	}, body: '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop>' +
		'<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>' });
	const text = await reply.text();
	return text.split(/<response>|<D:response>/).slice(1);
}
async function find(title) {	// the object there that has this title
	return (await all()).filter((r) => r.includes(`SUMMARY:${title}`)).join("\n");
}

// ---- our side ----
let home;	// the page of the connection
async function agenda(page, query = "") {
	await page.goto(`/settings/agenda?view=list&month=${shown}${query}`);
	return page.locator("main").innerText();
}
async function sync(page) {
	const before = await newestRun(page);
	await page.getByRole("button", { name: "Sync now" }).click();
	return until(async () => {
		await page.goto(home);
		const now = await newestRun(page);
		const badge = await page.locator(".head .badge").innerText();
		return now !== before && badge !== "Syncing" && badge;
	});
}
async function newestRun(page) {
	await page.goto(home);
	const link = page.locator("#state tbody a").first();
	return await link.count() ? link.getAttribute("href") : "";
}
async function openEvent(page, title) {
	await agenda(page);
	await page.getByRole("link", { name: title }).first().click();
	await page.getByRole("heading", { name: title }).waitFor();
}
async function edit(page, title, fields) {
	await openEvent(page, title);
	await page.getByRole("link", { name: "Edit", exact: true }).click();
	for (const [label, value] of Object.entries(fields))
		await page.getByLabel(label, { exact: false }).first().fill(value);
	await page.getByRole("button", { name: "Save" }).click();
}
const hawser = (...args) => execFileSync(`${bin}/hawser`, args, { encoding: "utf8" });

async function connect(page) {
	await page.getByRole("heading", { name: "Nothing is connected yet" }).waitFor();
	ok(true, "an empty page says what it will hold");
	await page.getByRole("link", { name: "Connect CalDAV" }).click();
	for (const [label, value] of [["Address", slow], ["Login", "anna"], ["Password", "wrong"]])
		await page.getByLabel(label).fill(value);
	await page.getByRole("button", { name: "Connect" }).click();
	const wrong = page.locator("#h-password .wrong");
	await wrong.waitFor();
	ok(/login or (the )?password|password/i.test(await wrong.innerText()), "a wrong password is told in the form", await wrong.innerText());
	ok(await page.getByLabel("Address").inputValue() === slow, "what was typed is still there");
	ok(await page.getByLabel("Password").inputValue() === "", "but not the password");
	await page.getByLabel("Address").fill(`${dav.replace(/\d+$/, "9")}/`);
	await page.getByLabel("Password").fill("secret");
	await page.getByRole("button", { name: "Connect" }).click();
	await page.getByRole("alert").waitFor();
	ok(/address|reach|allow/i.test(await page.getByRole("alert").innerText()), "so is an address that may not be called", await page.getByRole("alert").innerText());
	await page.getByLabel("Address").fill(slow);
	await page.getByLabel("Password").fill("secret");
	await page.getByRole("button", { name: "Connect" }).click();
	await page.getByRole("heading", { name: "Choose calendars" }).waitFor();
	ok(await page.getByLabel("Other", { exact: true }).isVisible(), "both calendars are offered");
}

async function firstSync(page) {
	await page.getByLabel("Family", { exact: true }).check();
	await page.getByRole("button", { name: "Start syncing" }).click();
	home = new URL(page.url()).pathname;
	ok(/^\/settings\/connections\/\d+$/.test(home), "on the connection's page", page.url());
	const counts = new Set();
	const done = await until(async () => {
		const bar = await page.evaluate(() => document.querySelector(".progress .num")?.textContent);
		if (bar)
			counts.add(bar);
		return page.evaluate(() => document.querySelector(".head .badge").textContent === "Up to date");
	}, 60);
	ok(done, "up to date, without a reload");
	const between = [...counts].filter((c) => /^\d+ of 120$/.test(c) && !/^(0|120) /.test(c));
	ok(between.length >= 1, `the bar moved: ${[...counts].join(", ")}`);
	const text = await agenda(page);
	const missing = [...Array(120).keys()].filter((n) => !text.includes(`Meeting ${String(n + 1).padStart(3, "0")}`));
	ok(missing.length === 0, "the agenda shows all 120", missing.join(" "));
	await page.goto("/settings/integrations");
	ok(/events in 1 calendar\s+120\b/.test(await page.locator(".card").innerText()), "and the card counts them", await page.locator(".card").innerText());
}

async function thereToHere(page) {
	await remote("PUT", `${family}new.ics`, vevent("new", "Made there", `${month}05T120000Z`, "LOCATION:Over there"));
	await remote("PUT", `${family}${name(1)}.ics`, (await read(1)).replace("Meeting 001", "Meeting 001 moved").replace("T090000Z", "T100000Z"));
	await remote("DELETE", `${family}${name(2)}.ics`);
	ok(await sync(page) === "Up to date", "a sync by its button");
	const text = await agenda(page);
	ok(text.includes("Made there"), "made there, seen here");
	ok(text.includes("Meeting 001 moved"), "changed there, changed here");
	ok(!text.includes("Meeting 002"), "deleted there, gone here");
}

async function hereToThere(page) {
	await agenda(page);
	await page.getByRole("link", { name: "New event" }).click();
	await page.getByLabel("Title").fill("Made here");
	await page.getByLabel("Start", { exact: true }).fill(`${shown}-06`);
	await page.getByLabel("Start time").fill("09:30");
	await page.getByLabel("End time").fill("10:15");
	await page.getByLabel("Place").fill("Right here");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByRole("heading", { name: "Made here" }).waitFor();
	const there = await until(() => find("Made here"));
	ok(/LOCATION:Right here/.test(there), "made here, found there without a press", there);
	await edit(page, "Meeting 003", { Title: "Meeting 003 renamed" });
	ok(await until(async () => /SUMMARY:Meeting 003 renamed/.test(await read(3))), "changed here, changed there");
	ok(/X-KEEP:as it was/.test(await read(3)), "and what we do not understand is still there");
	await openEvent(page, "Meeting 004");
	await page.getByRole("link", { name: "Delete", exact: true }).click();
	await page.getByRole("button", { name: "Delete" }).click();
	await page.getByText("is deleted").first().waitFor();
	ok(await until(async () => await read(4) === ""), "deleted here, gone there");
}

async function series(page) {
	await agenda(page);
	await page.getByRole("link", { name: "New event" }).click();
	await page.getByLabel("Title").fill("Choir");
	await page.getByLabel("Start", { exact: true }).fill(`${shown}-03`);
	await page.getByLabel("Start time").fill("19:00");
	await page.getByLabel("End time").fill("20:30");
	await page.getByLabel("Repeats").selectOption({ label: "Every week" });
	await page.getByLabel("Number of times").fill("4");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByRole("heading", { name: "Choir" }).waitFor();
	ok(await until(async () => /RRULE:[^\r\n]*FREQ=WEEKLY/.test(await find("Choir"))), "a series made here is a series there");
	const dates = async () => {
		await agenda(page);
		return page.getByRole("link", { name: /^Choir/ }).evaluateAll((l) => l.map((a) => a.getAttribute("href")));
	};
	let list = await dates();
	ok(list.length === 4, "four dates in the agenda", list.join(" "));
	await page.goto(list[1]);
	await page.getByRole("link", { name: "Edit", exact: true }).click();
	await page.getByLabel("Title").fill("Choir, in church");
	await page.getByRole("button", { name: "Save" }).click();
	ok(await until(async () => /RECURRENCE-ID[^\n]*[\s\S]*SUMMARY:Choir\\, in church|SUMMARY:Choir\\, in church[\s\S]*RECURRENCE-ID/.test(await find("Choir"))),
		"one date changed here is an override there");
	await page.goto(list[2]);
	await page.getByRole("link", { name: "Delete", exact: true }).click();
	await page.getByRole("button", { name: "Delete" }).click();
	ok(await until(async () => /EXDATE/.test(await find("Choir"))), "one date deleted here is an exception there");
	list = await dates();
	ok(list.length === 3, "three are left", list.join(" "));
	// the other side moves the first date
	const object = await find("Choir");
	const href = object.match(/<(?:D:)?href>([^<]+)/)[1];
	const text = await remote("GET", href);
	const uid = text.match(/^UID:(.*?)\r?$/m)[1];
	const zone = text.match(/^DTSTART([^:]*):(\d+T\d+Z?)/m);
	const override = ["BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20260101T000000Z", `RECURRENCE-ID${zone[1]}:${zone[2]}`,
		`DTSTART${zone[1]}:${zone[2]}`, "SUMMARY:Choir starts", "END:VEVENT", ""].join("\r\n");
	await remote("PUT", href, text.replace(/END:VCALENDAR/, `${override}END:VCALENDAR`));
	ok(await sync(page) === "Up to date", "synced");
	ok((await agenda(page)).includes("Choir starts"), "one date changed there is changed here");
}

async function bothSides(page) {
	await page.goto(home);
	await page.getByRole("button", { name: "Pause" }).click();
	await page.getByText("Paused by hand").waitFor();
	await edit(page, "Meeting 010", { Title: "Meeting 010 here" });
	await edit(page, "Meeting 011", { Title: "Meeting 011 here" });
	ok(/Wait|sent/i.test(await page.locator(".head .badge").innerText()), "a change that waits says so", await page.locator(".head .badge").innerText());
	await remote("PUT", `${family}${name(10)}.ics`, (await read(10)).replace("SUMMARY:", "LOCATION:Room there\r\nSUMMARY:"));
	await remote("PUT", `${family}${name(11)}.ics`, (await read(11)).replace("Meeting 011", "Meeting 011 there"));
	await page.goto(home);
	await page.getByRole("button", { name: "Resume" }).click();
	ok(await until(async () => /Meeting 010 here/.test(await read(10))), "both sides changed: our title is there");
	ok(/LOCATION:Room there/.test(await read(10)), "beside their place");
	await until(async () => {
		await openEvent(page, "Meeting 010 here");
		return (await page.locator("main").innerText()).includes("Room there");
	});
	ok((await page.locator("main").innerText()).includes("Room there"), "and here, too: merged");
	await until(async () => (await agenda(page)).includes("Meeting 011 there"));
	ok((await agenda(page)).includes("Meeting 011 there"), "both changed the title: theirs was taken");
	await page.goto("/settings/conflicts");
	await page.getByRole("link", { name: "Meeting 011" }).click();
	const table = await page.locator("table").innerText();
	ok(["Meeting 011 here", "Meeting 011 there", "Last agreed"].every((t) => table.includes(t)), "both versions are kept", table);
	ok(await page.locator("td.kept", { hasText: "Meeting 011 there" }).count() === 1, "the taken one is marked");
	await page.getByRole("button", { name: "Take ours whole" }).click();
	ok(await until(async () => /Meeting 011 here/.test(await read(11))), "decided otherwise, and the other side has it");
}

async function guard(page) {
	const half = [...Array(60).keys()].map((n) => n + 30);
	const gone = async () => (await all()).length;
	const before = await gone();
	for (const n of half)
		await remote("DELETE", `${family}${name(n)}.ics`);
	ok(await sync(page) === "Waiting for you", "half of it deleted there: the sync asks");
	ok((await agenda(page)).includes("Meeting 030"), "nothing is deleted yet");
	await page.goto("/settings/integrations");
	ok(/would delete 60 of \d+ events/.test(await page.locator("#connected").innerText()), "a sentence says how many", await page.locator("#connected").innerText());
	await page.getByRole("link", { name: "Review" }).first().click();
	ok(/Meeting 045/.test(await page.locator(".notice-block").innerText()), "and the list which");
	await page.getByRole("button", { name: "Keep the events" }).click();
	ok(await until(async () => await gone() === before, 60), "refused: they are put back there", `${await gone()} of ${before}`);
	ok(/X-KEEP:as it was/.test(await find("Meeting 045")), "as they were");
	ok((await agenda(page)).includes("Meeting 045"), "and are still here");
	await until(async () => {
		await page.goto(home);
		return await page.locator(".head .badge").innerText() === "Up to date";
	});
	for (const object of await all()) {
		const n = Number((object.match(/SUMMARY:Meeting (\d+)/) || [])[1]);
		if (half.includes(n))
			await remote("DELETE", object.match(/<(?:D:)?href>([^<]+)/)[1]);
	}
	ok(await sync(page) === "Waiting for you", "once more: it asks again");
	await page.getByRole("link", { name: "Review" }).first().click();
	await page.getByRole("button", { name: "Delete them" }).click();
	ok(await until(async () => !(await agenda(page)).includes("Meeting 045")), "approved: they go here, too");
	ok((await agenda(page)).includes("Meeting 100"), "the others stay");
}

async function disconnect(page) {
	await page.goto(home);
	await page.getByRole("link", { name: "Disconnect" }).click();
	ok(/What becomes of the \d+ events/.test(await page.locator("main").innerText()), "disconnecting asks what becomes of the events", await page.locator("main").innerText());
	await page.getByLabel("Keep them").check();
	await page.getByRole("button", { name: "Disconnect" }).click();
	await until(async () => {
		await page.goto("/settings/integrations");
		return /Nothing is connected yet/.test(await page.locator("main").innerText());
	});
	ok(/Nothing is connected yet/.test(await page.locator("main").innerText()), "disconnected");
	ok((await agenda(page)).includes("Meeting 100"), "the events stayed");
	ok(JSON.parse(hawser("connection", "list", "--org", "A", "--json")).length === 0, "no connection is left");
	ok((await page.goto(home)).status() === 404, "and no page of it");
	ok(JSON.parse(hawser("audit", "verify", "--json")).every((org) => org.ok), "the audit trail holds");
}

// ---- without JavaScript ----
async function plain(browser) {
	const context = await browser.newContext({ baseURL: process.env.HAWSER_URL, javaScriptEnabled: false, viewport: { width: 390, height: 800 } });
	const page = await context.newPage();
	await signIn(page, "ben@b.example", password);
	await page.goto("/settings/integrations");
	await page.getByRole("link", { name: "Connect CalDAV" }).click();
	await page.getByLabel("Address").fill(dav);
	await page.getByLabel("Login").fill("ben");
	await page.getByLabel("Password").fill("hidden");
	await page.getByRole("button", { name: "Connect" }).click();
	ok(await page.getByLabel("Club", { exact: true }).isChecked(), "no JavaScript: the only calendar is ticked already");
	await page.getByRole("button", { name: "Start syncing" }).click();
	home = new URL(page.url()).pathname;
	ok(await until(async () => {
		await page.reload();
		return await page.locator(".head .badge").innerText() === "Up to date";
	}), "no JavaScript: connected and synced");
	await openEvent(page, "Match");
	await page.getByRole("link", { name: "Edit", exact: true }).click();
	await page.getByLabel("Title").fill("Match, home");
	await page.getByRole("button", { name: "Save" }).click();
	ok(await until(async () => /Match\\, home/.test(await remote("GET", "/ben/club/match.ics", null, "ben:hidden"))), "no JavaScript: a change arrives");
	const wide = [];
	for (const path of ["/settings/integrations", home, `${home}/calendars`, `${home}/reconnect`, `${home}/remove`, "/settings/activity",
		"/settings/conflicts", `/settings/agenda?month=${shown}`, `/settings/agenda?view=list&month=${shown}`, "/settings/events/new"]) {
		await page.goto(path);
		if (!await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth).catch(() => true))
			wide.push(path);
	}
	ok(wide.length === 0, "no page is wider than a phone", wide.join(" "));
	await page.goto(home);
	await page.getByRole("link", { name: "Disconnect" }).click();
	await page.getByLabel("Delete them here").check();
	await page.getByRole("button", { name: "Disconnect" }).click();
	ok(await until(async () => !(await agenda(page)).includes("Match")), "no JavaScript: disconnected, the events went");
	ok(/SUMMARY:Match/.test(await remote("GET", "/ben/club/match.ics", null, "ben:hidden")), "not those at the server");
	await context.close();
}

run(async ({ page, browser }) => {
	await signIn(page, "ana@a.example", password);
	await page.goto("/settings/integrations");
	for (const step of [connect, firstSync, thereToHere, hereToThere, series, bothSides, guard, disconnect]) {
		const start = Date.now();
		await step(page);
		ok(await fits(page), `${step.name}: nothing sticks out`);
		console.log(`# ${step.name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
	}
	await plain(browser);
});
