// Every page of Scene.pm and every state of acts.js: nothing that axe-core or
// html-validate has to say, no page wider than its window from 320 px (1280 at
// four times the size) to 1920 and in either direction, targets a finger can
// hit, and a ring around whatever has the focus.
"use strict";
const { readFileSync } = require("fs");
const { HtmlValidate } = require("html-validate");
const { ok, run, signIn, fits } = require("../lib/browser");
const acts = require("../lib/acts");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { pages, people, dav, css, only, half } = JSON.parse(process.env.PAGES);
// HAWSER_FULL=yes: each page in every width, scheme and direction; else in some.
const full = process.env.HAWSER_FULL === "yes";
// Two tests share the walk, each with its own half.
let nth = 0;
const wanted = (name) => only.length ? only.some((o) => name.startsWith(o)) : nth++ % 2 === half;

const html = new HtmlValidate({
	extends: ["html-validate:recommended"],
	rules: {
		// Indentation is the templates' own; a title is the event's or the person's.
		"no-trailing-whitespace": "off", "long-title": "off", "tel-non-breaking": "off",
		// A label may both hold its input and name it.
		"no-redundant-for": "off",
		// The three versions lose the roles of a table where they lie below each other.
		"no-redundant-role": "off",
		"aria-label-misuse": ["error", { allowAnyNamable: true }],
		"form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
	},
});

const faults = { axe: [], html: [], wide: [], low: [], ring: [] };

async function lintHtml(name, text) {
	const report = await html.validateString(text, name);
	for (const result of report.results)
		for (const m of result.messages)
			faults.html.push(`${name}: line ${m.line}: ${m.ruleId}: ${m.message}: ${text.split("\n")[m.line - 1].slice(0, 160)}`);
}

async function axe(page, name) {
	await page.evaluate(axeSource);
	const found = await page.evaluate(async () => {
		const r = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] });
		return r.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 140)} (${(n.any[0] || n.all[0] || n.none[0] || {}).message})`));
	});
	for (const f of found)
		faults.axe.push(`${name}: ${f}`);
}

// A link inside a sentence is as high as its line; all else that is pressed is at
// least 44 px high on a phone.
const tooLow = () => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")].filter((e) => {
	const box = e.getBoundingClientRect();
	if (!e.checkVisibility() || !box.height || e.closest(".hidden, .skip, .month, .week"))
		return false;
	if (getComputedStyle(e).display === "inline" && e.parentElement.textContent.trim() !== e.textContent.trim())
		return false;
	const label = e.matches("[type=checkbox], [type=radio]") && e.labels[0];
	return (label ? label.getBoundingClientRect() : box).height < 43.5;
}).map((e) => e.outerHTML.slice(0, 100));

const widest = () => [...document.body.querySelectorAll("*")].filter((e) => {
	const box = e.getBoundingClientRect();
	return box.width && (box.right > innerWidth + 1 || box.left < -1) && !e.closest(".hidden, .skip, .table, .side, .tabs");
}).map((e) => e.outerHTML.slice(0, 100))[0];

async function rings(page, name) {
	await page.evaluate(() => document.activeElement.blur());
	for (let n = 0, first; n < 60; n++) {
		await page.keyboard.press("Tab");
		const at = await page.evaluate(() => {
			const e = document.activeElement, s = getComputedStyle(e);
			e.dataset.walk ||= String(Math.random());
			return { key: e.dataset.walk, body: e === document.body, html: e.outerHTML.slice(0, 100), seen: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 };
		});
		if (at.body || at.key === first)
			return;
		first ||= at.key;
		if (!at.seen)
			faults.ring.push(`${name}: ${at.html}`);
	}
}

async function look(page, name) {
	for (const width of full ? [1280, 390] : [nth % 4 < 2 ? 1280 : 390]) {
		await page.setViewportSize({ width, height: 900 });
		for (const colorScheme of ["light", "dark"]) {
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await axe(page, `${name} ${width} ${colorScheme}`);
		}
	}
	await page.setViewportSize({ width: 390, height: 900 });
	for (const low of await page.evaluate(tooLow))
		faults.low.push(`${name}: ${low}`);
	for (const dir of ["rtl", "ltr"]) {
		await page.evaluate((d) => { document.documentElement.dir = d; }, dir);
		for (const width of full ? [320, 390, 640, 1280, 1920] : dir === "rtl" ? [320] : [320, 1280]) {
			await page.setViewportSize({ width, height: 900 });
			if (!await fits(page))
				faults.wide.push(`${name} ${width} ${dir}: ${await page.evaluate(widest)}`);
		}
	}
	await page.setViewportSize({ width: 1280, height: 900 });
	await rings(page, name);
}

async function visit(page, who) {
	let count = 0;
	for (const p of pages.filter((q) => q.who === who && wanted(q.name))) {
		const reply = await page.goto(p.path);
		await lintHtml(p.name, await reply.text());
		await look(page, p.name);
		count++;
	}
	const more = who === "" ? acts.visitor : who === "ana" ? acts.signedIn : {};
	for (const name of Object.keys(more).filter(wanted)) {
		await more[name](page, { dav });
		await look(page, name);
		count++;
	}
	return count;
}

async function lintCss() {
	const { default: stylelint } = await import("stylelint");
	const lint = async (code) => (await stylelint.lint({ code, configFile: `${__dirname}/../stylelint.json` })).results[0].warnings;
	const found = await lint(readFileSync(css, "utf8"));
	ok(found.length === 0, "stylelint has nothing to say about the style sheet", found.map((w) => `${w.line}: ${w.text}`).join("\n"));
	ok((await lint("a { margin-left: 1px; color: #fff }")).length === 2, "and would say it");
}

run(async ({ browser, context, page, complaints }) => {
	if (half === 0)
		await lintCss();
	let count = await visit(page, "");
	for (const who of Object.keys(people)) {
		await context.clearCookies();
		await signIn(page, people[who], process.env.HAWSER_PASSWORD);
		count += await visit(page, who);
	}
	// Faults put in on purpose are seen: the walk looks.
	const real = faults.axe.length;
	await page.evaluate(() => {
		document.documentElement.removeAttribute("lang");
		document.querySelector("main").append(document.createElement("input"), document.createElement("button"));
	});
	await axe(page, "broken");
	ok(faults.axe.splice(real).length >= 3, "axe-core sees a page that is broken on purpose");
	const bad = faults.html.length;
	await lintHtml("broken", "<!DOCTYPE html><p><div></p>");
	ok(faults.html.splice(bad).length >= 1, "html-validate too");
	ok(only.length || count > 20, `${count} pages and states were seen`);
	const tell = (list) => `${list.length}\n${[...new Set(list)].slice(0, 60).join("\n")}`;
	ok(!faults.axe.length, "axe-core: 0 violations, light and dark, 390 and 1280 px", tell(faults.axe));
	ok(!faults.html.length, "html-validate: nothing", tell(faults.html));
	ok(!faults.wide.length, "no page is wider than its window, 320 to 1920 px, either direction", tell(faults.wide));
	ok(!faults.low.length, "what is pressed is at least 44 px high on a phone", tell(faults.low));
	ok(!faults.ring.length, "whatever has the focus shows it", tell(faults.ring));
	complaints.length = complaints.filter((c) => !/Failed to load resource/.test(c)).length;
});
