// A person signs in and out: by mouse, by keyboard, on a phone, in the dark.
"use strict";
const { ok, run, signIn, fits } = require("../lib/browser.js");
const password = process.env.HAWSER_PASSWORD;

run(async ({ page, context, browser }) => {
	await page.goto("/settings/account");
	ok(page.url().endsWith("/login?next=%2Fsettings%2Faccount"), "asked to sign in first", page.url());
	ok(await page.evaluate(() => document.activeElement.name) === "email", "the cursor is in the first field");

	await page.keyboard.type("ana@a.example");
	await page.keyboard.press("Tab");
	await page.keyboard.type("wrong");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").waitFor();
	ok(/not right/.test(await page.getByRole("alert").innerText()), "a wrong password is told");
	ok(await page.getByLabel("E-mail").inputValue() === "ana@a.example", "the e-mail is still there");
	ok(await page.getByLabel("Password").inputValue() === "", "the password is not");

	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.getByRole("heading", { name: "Account" }).waitFor();
	ok(page.url().endsWith("/settings/account"), "signed in, and where we wanted to be", page.url());
	const cookie = (await context.cookies()).find((c) => c.name === "hawser");
	ok(cookie && cookie.httpOnly && cookie.sameSite === "Lax", "the cookie is out of reach for scripts");
	ok(await page.evaluate(() => !document.cookie.includes("hawser")), "indeed");

	const menu = page.locator("details.menu");
	await menu.locator("summary").focus();
	await page.keyboard.press("Enter");
	ok(await menu.getByRole("button", { name: "Sign out" }).isVisible(), "the menu opens by keyboard");
	await page.keyboard.press("Escape");
	ok(!await menu.evaluate((m) => m.open), "and closes");

	for (const width of [390, 768, 1280, 1920]) {
		await page.setViewportSize({ width, height: 800 });
		ok(await fits(page), `nothing sticks out at ${width}`);
	}
	await page.setViewportSize({ width: 390, height: 800 });
	const low = await page.evaluate(() => [...document.querySelectorAll("main .button, nav.side a")].filter((b) => b.getBoundingClientRect().height < 44).length);
	ok(low === 0, "buttons on a phone are at least 44 px high", low);

	const dark = await (await browser.newContext({ baseURL: process.env.HAWSER_URL, colorScheme: "dark" })).newPage();
	await signIn(dark, "ben@b.example", password);
	await dark.goto("/settings/account");
	const colour = await dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const channels = colour.match(/\d+/g).map(Number);
	ok(channels.every((c) => c < 60), "dark when the person likes it dark", colour);

	await page.setViewportSize({ width: 1280, height: 800 });
	await menu.locator("summary").click();
	await menu.getByRole("button", { name: "Sign out" }).click();
	await page.getByText("You are signed out.").waitFor();
	ok(!(await context.cookies()).some((c) => c.name === "hawser"), "signed out, the cookie is gone");
	await page.goBack();
	await page.goto("/settings/account");
	ok(page.url().includes("/login"), "and the way back is closed");
	if (process.env.HAWSER_SHOTS)
		await page.screenshot({ path: `${process.env.HAWSER_SHOTS}/login.png` });
});
