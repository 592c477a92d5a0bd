// Chromium for the browser tests, and TAP. Whatever a page says on its console,
// any blocked content and any dialog is a failed test.
"use strict";
const { chromium } = require("../node_modules/playwright-core");

let count = 0;
let failed = 0;

function ok(good, name, more) {
	count++;
	if (!good)
		failed++;
	console.log(`${good ? "ok" : "not ok"} ${count} - ${name}`);
	if (!good)	// on stderr, where a harness shows it
		console.error(`#   Failed: ${name}\n#   ${String(more ?? "").replace(/\n/g, "\n# ")}`);
	return good;
}

async function open(options = {}) {
	const browser = await chromium.launch({
		executablePath: process.env.HAWSER_CHROMIUM || "/usr/bin/chromium",
		headless: true, args: ["--no-sandbox", "--disable-dev-shm-usage"],
	});
	const context = await browser.newContext({ baseURL: process.env.HAWSER_URL, viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	const complaints = [];
	page.on("pageerror", (e) => complaints.push(`error: ${e.message}`));
	page.on("console", (m) => {
		if (m.type() === "error" && !/status of (401|403|404|422|429)/.test(m.text()))
			complaints.push(`console: ${m.text()}`);
	});
	page.on("dialog", async (d) => {
		complaints.push(`dialog: ${d.message()}`);
		await d.dismiss();
	});
	page.setDefaultTimeout(15000);
	return { browser, context, page, complaints };
}

// Runs the test and always closes the browser.
async function run(test, options) {
	const it = await open(options);
	try {
		await test(it);
		ok(it.complaints.length === 0, "the pages had nothing to complain about", it.complaints.join("\n"));
	} catch (e) {
		const seen = await it.page.locator("main").innerText().catch(() => "");
		ok(false, "the test itself", `${e.stack}\nat ${it.page.url()}\n${seen.replace(/^[A-Z]\w+\/\S+$/gm, "").replace(/\n\s*\n+/g, "\n").slice(0, 1500)}`);
	} finally {
		await it.browser.close();
	}
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
}

async function signIn(page, email, password) {
	await page.goto("/login");
	await page.getByLabel("E-mail").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL((url) => url.pathname !== "/login");	// or a next page is asked for as a guest
}

// No page is wider than its window.
async function fits(page) {
	return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// What what() answers as soon as it is true; the last answer after secs.
async function until(what, secs = 25) {
	const end = Date.now() + secs * 1000;
	for (;;) {
		const seen = await what();
		if (seen || Date.now() > end)
			return seen;
		await sleep(100);
	}
}

module.exports = { ok, run, signIn, fits, sleep, until };
