// What a page shows only after a press: states that no address leads to. name ->
// function of a page where ana is signed in (visitor: of nobody). dav is the
// address of a calendar server that knows anna.
"use strict";

const visitor = {
	async "login-wrong"(page) {
		await page.goto("/login");
		await page.getByLabel("E-mail").fill("ana@a.example");
		await page.getByLabel("Password").fill("wrong");
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("alert").first().waitFor();
	},
};

const signedIn = {
	async "connect-wrong"(page, { dav }) {
		await page.goto("/settings/connect/caldav");
		for (const [label, value] of [["Address", dav], ["Login", "anna"], ["Password", "wrong"]])
			await page.getByLabel(label).fill(value);
		await page.getByRole("button", { name: "Connect" }).click();
		await page.locator(".wrong").first().waitFor();
	},
	// In this window, as where no other opens: what the provider's page led to.
	async "sign-in-refused"(page) {
		await page.goto("/settings/integrations");
		await page.evaluate(() => { window.open = () => null; });
		await page.locator("form[data-sign-in] button").first().click();
		await page.getByTestId("deny").click();
		await page.getByText("Not connected").waitFor();
	},
	async "sign-in-waits"(page) {
		await page.goto("/settings/integrations");
		await page.evaluate(() => { window.open = () => ({ focus() {}, close() {} }); });
		await page.evaluate(() => addEventListener("submit", (e) => e.preventDefault()));
		await page.locator("form[data-sign-in] button").first().click();
		await page.getByText("Continue in the other window.").waitFor();
	},
	async "connection-in-part"(page) {
		await page.goto("/settings/integrations");
		await page.evaluate(() => { window.open = () => null; });
		await page.locator("form[data-sign-in] button").first().click();
		await page.locator("input[type=checkbox]").last().uncheck();
		await page.getByTestId("allow").click();
		await page.getByText("Grant the rest").first().waitFor();
	},
	// The account's home is elsewhere since: its person is asked whether it is the same.
	async "reconnect-same"(page) {
		await page.goto("/settings/integrations");
		await page.getByRole("link", { name: "Calendars of Eva" }).first().click();
		await page.getByRole("link", { name: "Reconnect" }).first().click();
		await page.getByLabel("Password").fill("hidden");
		await page.getByRole("button", { name: "Reconnect" }).click();
		await page.getByLabel("It is the same account").waitFor();
	},
	async "event-wrong"(page) {
		await page.goto("/settings/events/new");
		await page.locator("#f-end_day").fill("2020-01-01");
		await page.getByRole("button", { name: "Save" }).click();
		await page.locator(".wrong").first().waitFor();
	},
	async "account-wrong"(page) {
		await page.goto("/settings/account");
		await page.locator("#f-zone option").first().evaluate((o) => { o.value = "Mars/Base"; o.selected = true; });
		await page.getByRole("button", { name: "Save the time zone" }).click();
		await page.locator(".wrong").first().waitFor();
	},
	// A date of a series, edited on the spot.
	async quick(page) {
		await page.goto("/settings/agenda?view=month");
		await page.getByRole("link", { name: /Team sync/ }).first().click();
		await page.locator("#agenda-quick .scopes").waitFor();
	},
	// Several connections that did not get through, unfolded.
	async unfolded(page) {
		await page.goto("/settings/agenda");
		await page.locator("#agenda-problems summary").click();
	},
	async menu(page) {
		await page.goto("/settings/account");
		await page.locator("details.menu summary").click();
	},
	async notice(page) {
		await page.goto("/settings/integrations?notice=resolved");
	},
	async toast(page) {
		await page.goto("/settings/account");
		await page.evaluate(() => {
			hawser.toast("Saved.", { href: "/settings/agenda" });
			hawser.toast("Family was not synced: the server does not answer.", { kind: "bad", href: "/settings/integrations", label: "See why", retry: "/settings/connections/1/sync" });
		});
	},
	async focus(page) {
		await page.goto("/settings/integrations");
		for (let n = 0; n < 12; n++)
			await page.keyboard.press("Tab");
	},
};

module.exports = { visitor, signedIn };
