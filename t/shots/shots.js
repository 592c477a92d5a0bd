// Takes the pictures that t/shots/run asks for, and lays them on contact sheets.
// Says what sticks out of its window on the way.
"use strict";
const fs = require("fs");
const path = require("path");
const { chromium } = require("../node_modules/playwright-core");
const { out, pages, people, only, dav } = JSON.parse(process.env.SHOTS);
const kinds = [1280, 390].flatMap((width) => ["light", "dark"].map((colour) => ({ width, colour })));
const wanted = (name) => !only.length || only.some((o) => name.startsWith(o));

// What a page shows only after a press.
const acts = {
	async "connect-wrong"(page) {
		await page.goto("/settings/connect/caldav");
		for (const [label, value] of [["Address", dav], ["Login", "anna"], ["Password", "wrong"]])
			await page.getByLabel(label).fill(value);
		await page.getByRole("button", { name: "Connect" }).click();
		await page.locator(".wrong").first().waitFor();
	},
	async "event-wrong"(page) {
		await page.goto("/settings/events/new");
		await page.locator("#f-end_day").fill("2020-01-01");
		await page.getByRole("button", { name: "Save" }).click();
		await page.locator(".wrong").first().waitFor();
	},
	async menu(page) {
		await page.goto("/settings/account");
		await page.locator("details.menu summary").click();
	},
	async focus(page) {
		await page.goto("/settings/integrations");
		for (let n = 0; n < 12; n++)
			await page.keyboard.press("Tab");
	},
};

// In the page: names that are missing or doubled, and text that is hard to read.
function faults() {
	const found = [];
	const numbers = (c) => c.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const c = numbers(getComputedStyle(e).backgroundColor);
			if (c.length === 3 || c[3] === 1)
				return c;
		}
		return [255, 255, 255];
	};
	if (document.querySelectorAll("h1").length !== 1)
		found.push(`${document.querySelectorAll("h1").length} first headings`);
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i)))
		found.push(`id ${id} twice`);
	for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
		if (!e.labels.length)
			found.push(`no label: ${e.name}`);
	for (const e of document.querySelectorAll("a, button, summary"))
		if (!(e.textContent.trim() || e.title))
			found.push(`no name: ${e.outerHTML.slice(0, 60)}`);
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const seen = new Set();
	for (let n; (n = walker.nextNode());) {
		const e = n.parentElement;
		if (!n.textContent.trim() || !e.checkVisibility() || e.closest(".hidden, .skip, option, [disabled]"))
			continue;
		const a = light(numbers(getComputedStyle(e).color)), b = light(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const line = `contrast ${ratio.toFixed(1)}: ${e.tagName.toLowerCase()}.${e.className} "${n.textContent.trim().slice(0, 30)}"`;
		if (ratio < 4.5 && !seen.has(e.className))
			found.push(line), seen.add(e.className);
	}
	return found;
}

async function take(browser, { width, colour }) {
	const made = {};
	for (const who of ["", ...Object.keys(people)]) {
		const context = await browser.newContext({ baseURL: process.env.HAWSER_URL, viewport: { width, height: 800 }, colorScheme: colour, reducedMotion: "reduce" });
		const page = await context.newPage();
		if (who) {
			await page.goto("/login");
			await page.getByLabel("E-mail").fill(people[who]);
			await page.getByLabel("Password").fill(process.env.HAWSER_PASSWORD);
			await page.getByRole("button", { name: "Sign in" }).click();
		}
		const todo = pages.filter((p) => p.who === who && wanted(p.name));
		if (who === "ana")
			todo.push(...Object.keys(acts).filter(wanted).map((name) => ({ name, act: acts[name] })));
		for (const p of todo) {
			if (p.act)
				await p.act(page);
			else
				await page.goto(p.path);
			const wide = await page.evaluate(() => [...document.querySelectorAll("main *")].filter((e) =>
				e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table, .side, .tabs, .hidden, select")).map((e) => e.outerHTML.slice(0, 80)));
			if (wide.length)
				console.log(`${p.name} ${width}: sticks out: ${wide[0]}`);
			const low = width < 700 ? await page.evaluate(() => [...document.querySelectorAll("main .button, main button")].filter((e) =>
				e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.textContent)) : [];
			if (low.length)
				console.log(`${p.name} ${width}: too low for a finger: ${low.join(", ")}`);
			for (const fault of await page.evaluate(faults))
				console.log(`${p.name} ${width} ${colour}: ${fault}`);
			const file = path.join(out, `${p.name}-${width}-${colour}.png`);
			await page.screenshot({ path: file, fullPage: true });
			(made[p.name] ||= []).push({ file, width, colour });
		}
		await context.close();
	}
	return made;
}

(async () => {
	fs.mkdirSync(path.join(out, "sheets"), { recursive: true });
	const browser = await chromium.launch({ executablePath: process.env.HAWSER_CHROMIUM || "/usr/bin/chromium", headless: true,
		args: ["--no-sandbox", "--disable-dev-shm-usage", "--allow-file-access-from-files"] });
	const all = {};
	for (const kind of kinds)
		for (const [name, list] of Object.entries(await take(browser, kind)))
			(all[name] ||= []).push(...list);
	const sheet = await browser.newPage({ viewport: { width: 1860, height: 900 } });
	for (const [name, list] of Object.entries(all)) {
		const html = path.join(out, "sheets", `${name}.html`);
		fs.writeFileSync(html, `<!DOCTYPE html><title>${name}</title><style>body { margin: 16px; background: #888; font: 14px sans-serif; display: flex; gap: 16px; align-items: flex-start }
			figure { margin: 0 } img { display: block; border: 1px solid #444 }</style>` + list.map((i) =>
			`<figure><figcaption>${name} ${i.width} ${i.colour}</figcaption><img src="../${path.basename(i.file)}" width="${i.width > 700 ? 620 : 260}"></figure>`).join(""));
		await sheet.goto(`file://${html}`);
		await sheet.screenshot({ path: html.replace(/html$/, "png"), fullPage: true });
		fs.unlinkSync(html);
	}
	await browser.close();
	console.log(`${Object.keys(all).length} pages in ${out}`);
})().catch((e) => {
	console.error(e);
	process.exit(1);
});
