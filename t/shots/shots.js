// Takes the pictures that t/shots/run asks for, and lays them on contact sheets.
// What can be measured on them is measured by t/e2e/pages.js.
"use strict";
const fs = require("fs");
const path = require("path");
const { chromium } = require("../node_modules/playwright-core");
const acts = require("../lib/acts");
const { out, pages, people, only, dav } = JSON.parse(process.env.SHOTS);
const kinds = [1280, 390].flatMap((width) => ["light", "dark"].map((colour) => ({ width, colour })));
// The main pages also from right to left, wide, at twice the size, on paper.
const more = [{ width: 1280, colour: "light", dir: "rtl" }, { width: 390, colour: "light", dir: "rtl" }, { width: 1920, colour: "light" },
	{ width: 640, colour: "light" }, { width: 1000, colour: "light", paper: true }];
const main = ["integrations", "connection", "agenda", "agenda-week", "conflict", "run", "event-edit", "components"];
const wanted = (name) => !only.length || only.some((o) => name.startsWith(o));

async function take(browser, { width, colour, dir, paper }, isExtra) {
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
		const states = who === "" ? acts.visitor : who === "ana" ? acts.signedIn : {};
		const todo = [...pages.filter((p) => p.who === who), ...Object.keys(states).map((name) => ({ name, act: states[name] }))]
			.filter((p) => wanted(p.name) && (!isExtra || main.includes(p.name)));
		for (const p of todo) {
			if (p.act)
				await p.act(page, { dav });
			else
				await page.goto(p.path);
			await page.mouse.move(0, 0);
			if (dir)
				await page.evaluate((d) => { document.documentElement.dir = d; }, dir);
			if (paper)
				await page.emulateMedia({ media: "print" });
			const kind = [width, colour, dir, paper && "paper"].filter(Boolean).join("-");
			const file = path.join(out, `${p.name}-${kind}.png`);
			await page.screenshot({ path: file, fullPage: true });
			(made[p.name] ||= []).push({ file, width, kind });
			if (paper)
				await page.emulateMedia({ media: "screen" });
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
	for (const kind of [...kinds, ...more])
		for (const [name, list] of Object.entries(await take(browser, kind, more.includes(kind))))
			(all[name] ||= []).push(...list);
	const sheet = await browser.newPage({ viewport: { width: 1860, height: 900 } });
	for (const [name, list] of Object.entries(all)) {
		const html = path.join(out, "sheets", `${name}.html`);
		fs.writeFileSync(html, `<!DOCTYPE html><title>${name}</title><style>body { margin: 16px; background: #888; font: 14px sans-serif; display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }
			figure { margin: 0 } img { display: block; border: 1px solid #444 }</style>` + list.map((i) =>
			`<figure><figcaption>${name} ${i.kind}</figcaption><img src="../${path.basename(i.file)}" width="${i.width > 700 ? 620 : i.width > 400 ? 420 : 260}"></figure>`).join(""));
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
