// An event made, changed, deleted and restored by somebody who only types and
// presses; month and list on every size of screen; and all of it without scripts.
"use strict";
const { ok, run, signIn, fits, until } = require("../lib/browser.js");
const password = process.env.HAWSER_PASSWORD;

run(async ({ page, browser }) => {
	await page.goto("/settings/agenda");
	await signIn(page, "ana@a.example", password);
	await page.getByRole("link", { name: "Agenda" }).click();
	await page.goto("/settings/agenda?month=2026-11");
	await page.getByRole("heading", { name: "November 2026" }).waitFor();
	ok(await page.getByRole("cell").count() === 42, "a month of six weeks");
	ok(await page.getByText("Family").isVisible(), "its calendars are named");

	await page.getByRole("link", { name: "New event" }).click();
	await page.getByRole("heading", { name: "New event" }).waitFor();
	await page.waitForLoadState();
	ok(await page.evaluate(() => document.activeElement.name) === "summary", "the cursor is in the title");
	await page.keyboard.type("Dinner");
	await page.getByLabel("Start", { exact: true }).fill("2026-11-26");
	await page.getByLabel("Start time").fill("19:00");
	await page.locator("#f-end_day").fill("2026-11-26");
	await page.getByLabel("End time").fill("18:00");
	await page.getByLabel("Place").fill("At home");
	await page.getByLabel("Place").press("Enter");
	await page.getByText("lies before the start").waitFor();
	ok(await page.getByLabel("Place").inputValue() === "At home", "what is wrong is said, what was typed is kept");
	ok(await page.locator("#f-end_day").getAttribute("aria-invalid") === "true", "beside the field");
	await page.getByLabel("End time").fill("21:00");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByRole("heading", { name: "Dinner" }).waitFor();
	ok(/Thursday 26 November 2026, 19:00 to 21:00/.test(await page.getByRole("main").innerText()), "saved and shown");
	ok(/Only here/.test(await page.getByRole("main").innerText()), "with its state in words");

	await page.getByRole("main").getByRole("link", { name: "Agenda" }).click();
	const chip = page.getByRole("link", { name: /19:00 Dinner/ });
	ok(await chip.isVisible(), "it stands in its month");
	ok(/19:00 to 21:00/.test(await chip.getAttribute("title")), "with the exact time behind");
	await chip.focus();
	await page.keyboard.press("Enter");
	const dialog = page.getByRole("dialog", { name: "Edit event" });
	await dialog.waitFor();
	ok(await page.evaluate(() => document.activeElement.name) === "summary", "it opens on the spot, the cursor in the title");
	ok(!await dialog.getByLabel("Notes").isVisible(), "with what is edited most");
	await page.keyboard.press("Escape");
	ok(await dialog.count() === 0, "Escape closes");
	await chip.press("Enter");
	await dialog.getByLabel("End time").fill("18:30");
	await dialog.getByRole("button", { name: "Save" }).click();
	await dialog.getByText("lies before the start").waitFor();
	ok(true, "what is wrong is said there");
	await dialog.getByLabel("Title").fill("Supper");
	await dialog.getByLabel("End time").fill("21:30");
	await dialog.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
	ok(await page.getByRole("link", { name: /19:00 Supper/ }).isVisible(), "saved with one press, and seen at once");

	// ---- keys ----
	await page.goto("/settings/agenda?view=month&day=2026-11-26");
	await page.keyboard.press("w");
	await page.waitForURL(/view=week&day=2026-11-26/);
	ok(await page.getByRole("heading", { name: "23 to 29 November 2026" }).isVisible(), "w: the week of the same day");
	await page.getByRole("link", { name: /Thursday 26/ }).focus();
	await page.keyboard.press("ArrowRight");
	ok(/Friday/.test(await page.evaluate(() => document.activeElement.textContent)), "right: the next day");
	await page.keyboard.press("ArrowLeft");
	await page.keyboard.press("ArrowDown");
	ok(/Supper/.test(await page.evaluate(() => document.activeElement.textContent)), "down: the next event");
	await page.keyboard.press("?");
	await page.getByRole("dialog", { name: "Keys" }).waitFor();
	await page.getByLabel("Letters are keys here").uncheck();
	await page.keyboard.press("Escape");
	await page.keyboard.press("m");
	await page.waitForTimeout(300);
	ok(/view=week/.test(page.url()), "letters can be switched off");
	await page.getByRole("button", { name: "Keys" }).click();
	await page.getByLabel("Letters are keys here").check();
	await page.keyboard.press("Escape");
	await page.locator("section", { has: page.getByRole("link", { name: /Saturday 28/ }) }).locator(".week-slot").nth(3).click();
	const adding = page.getByRole("dialog", { name: "New event" });
	await adding.waitFor();
	ok(await adding.getByLabel("Start time").inputValue() === "10:00", "an empty hour begins an event there");
	await adding.getByLabel("Title").fill("Market");
	await adding.getByRole("button", { name: "Save" }).click();
	await page.getByRole("link", { name: /10:00 Market/ }).waitFor();
	ok(true, "and adds it");
	await page.getByRole("link", { name: /19:00 Supper/ }).click();
	await dialog.getByRole("link", { name: "Open it" }).click();
	await page.getByRole("link", { name: "Edit", exact: true }).click();
	await page.getByLabel("Title").fill("Dinner");
	await page.getByLabel("Repeats", { exact: true }).selectOption("weekly");
	await page.getByLabel("Thu").check();
	await page.getByLabel("Number of times").fill("3");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Every week on Thursday, 3 times").waitFor();
	ok(true, "it becomes a series");

	// ---- a date of it on the spot: this one, this and following, all
	await until(async () => {	// the worker has written them
		await page.goto("/settings/agenda?view=month&day=2026-12-01");
		return await page.getByRole("link", { name: /19:00 Dinner/ }).count() === 2;
	});
	await page.getByRole("link", { name: /19:00 Dinner/ }).first().click();
	const one = page.getByRole("dialog", { name: "Edit this date" });
	await one.waitFor();
	ok(/stay as they are/.test(await one.innerText()), "a date of a series says what becomes of the others");
	await one.getByLabel("Title").fill("Dinner, all of it");
	await one.getByRole("link", { name: "All", exact: true }).click();
	const whole = page.getByRole("dialog", { name: "Edit the series" });
	await whole.waitFor();
	ok(await whole.getByLabel("Title").inputValue() === "Dinner, all of it", "another choice keeps what was typed");
	ok(await whole.getByLabel("Start", { exact: true }).inputValue() === "2026-11-26", "and begins where the series does");
	await whole.getByRole("button", { name: "Save" }).click();
	await page.getByText("Saved.").waitFor();
	ok(await until(async () => {
		await page.goto("/settings/agenda?view=month&day=2026-12-01");
		return await page.getByRole("link", { name: /19:00 Dinner, all of it/ }).count() === 2;
	}), "all dates have changed");
	await page.getByRole("link", { name: /19:00 Dinner, all of it/ }).last().click();
	await page.getByRole("dialog", { name: "Edit this date" }).getByRole("link", { name: "This and following" }).click();
	const rest = page.getByRole("dialog", { name: "Edit this and following dates" });
	await rest.waitFor();
	await rest.getByLabel("Start time").fill("20:00");
	await rest.getByRole("button", { name: "Save" }).click();
	await page.getByRole("link", { name: /20:00 Dinner/ }).waitFor();
	ok(await until(async () => await page.getByRole("link", { name: /19:00 Dinner/ }).count() === 1), "this and following: the one before stays");
	await page.getByRole("link", { name: /19:00 Dinner/ }).click();
	await page.getByRole("dialog").getByRole("link", { name: "Open it" }).click();
	await page.getByRole("link", { name: "Delete", exact: true }).click();
	await page.getByLabel("The whole series").check();
	await page.getByRole("button", { name: "Delete" }).click();
	await page.getByRole("button", { name: "Restore it" }).click();
	await page.getByRole("heading", { name: "Dinner, all of it" }).waitFor();
	await page.getByRole("link", { name: "Delete the series" }).click();
	ok(/whole series/.test(await page.getByRole("heading").first().innerText()), "deleting asks first");
	await page.getByRole("button", { name: "Delete" }).click();
	await page.getByRole("heading", { name: "Dinner, all of it is deleted" }).waitFor();
	await page.getByRole("button", { name: "Restore it" }).click();
	await page.getByRole("heading", { name: "Dinner, all of it", exact: true }).waitFor();
	ok(true, "and has a way back");

	for (const path of ["/settings/agenda?month=2026-11", "/settings/agenda?month=2026-11&view=list", "/settings/events/1", "/settings/events/1/edit", "/settings/conflicts"])
		for (const width of [390, 768, 1280, 1920]) {
			await page.setViewportSize({ width, height: 800 });
			await page.goto(path);
			ok(await fits(page), `${path}: nothing sticks out at ${width}`);
		}
	await page.setViewportSize({ width: 390, height: 800 });
	await page.goto("/settings/agenda?month=2026-11");
	const low = await page.evaluate(() => [...document.querySelectorAll("main .button")].filter((b) => b.getClientRects().length && b.getBoundingClientRect().height < 44).length);
	ok(low === 0, "buttons are high enough for a thumb");
	const names = await page.evaluate(() => [...document.querySelectorAll("main a, main button")].filter((e) => !e.textContent.trim()).length);
	ok(names === 0, "every link and button has a name");

	const plain = await browser.newContext({ baseURL: process.env.HAWSER_URL, javaScriptEnabled: false });
	const p = await plain.newPage();
	await signIn(p, "ana@a.example", password);
	await p.goto("/settings/events/new?day=2026-11-27");
	await p.getByLabel("Title").fill("Without scripts");
	await p.getByLabel("All day").check();
	await p.getByRole("button", { name: "Save" }).click();
	ok(await p.getByRole("heading", { name: "Without scripts" }).isVisible(), "made without scripts");
	ok(/Friday 27 November 2026/.test(await p.getByRole("main").innerText()), "for the whole day");
	await p.getByRole("link", { name: "Delete" }).click();
	await p.getByRole("button", { name: "Delete" }).click();
	ok(await p.getByRole("heading", { name: "Without scripts is deleted" }).isVisible(), "and deleted without scripts");
});
