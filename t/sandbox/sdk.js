// The official client of Calendar v3 against the sandbox: what sdk.t tells it to
// do, in order; prints each answer as a line { id, status, data }.
"use strict";
const { calendar, auth } = require("@googleapis/calendar");

const [root, token, hook] = process.argv.slice(2);
const client = new auth.OAuth2();
client.setCredentials({ access_token: token });
const api = calendar({ version: "v3", auth: client });
const day = (n) => `2026-12-${String(n).padStart(2, "0")}`;
const timed = (n, more) => ({ start: { dateTime: `${day(n)}T10:00:00+01:00` }, end: { dateTime: `${day(n)}T11:00:00+01:00` }, ...more });

async function call(id, params, options) {
	const [resource, method] = id.split(".");
	let out;
	try {
		const r = await api[resource][method](params, { retry: false, rootUrl: root, ...options });
		out = { id, status: r.status, data: r.data === "" ? undefined : r.data };
	} catch (e) {
		if (!e.response) throw e;
		out = { id, status: e.response.status, data: e.response.data };
	}
	console.log(JSON.stringify(out));
	return out.data;
}

(async () => {
	const calendarId = "primary";
	await call("calendarList.list", { maxResults: 2 });
	await call("calendarList.get", { calendarId: "family@group.calendar.google.com" });
	await call("calendars.get", { calendarId });
	const one = await call("events.insert", { calendarId, requestBody: timed(1, { id: "fromsdk01", summary: "One", attendees: [{ email: "x@example.org" }] }), sendUpdates: "none" });
	await call("events.insert", { calendarId, requestBody: timed(1, { id: "fromsdk01" }) });
	await call("events.get", { calendarId, eventId: one.id });
	await call("events.patch", { calendarId, eventId: one.id, requestBody: { summary: "Two" } }, { headers: { "If-Match": one.etag } });
	await call("events.patch", { calendarId, eventId: one.id, requestBody: { summary: "Three" } }, { headers: { "If-Match": one.etag } });
	await call("events.update", { calendarId, eventId: one.id, requestBody: timed(2, { summary: "Four" }) });
	await call("events.insert", { calendarId, requestBody: {
		id: "series01", summary: "Series", recurrence: ["RRULE:FREQ=DAILY;COUNT=3"],
		start: { dateTime: `${day(3)}T08:00:00`, timeZone: "Europe/Berlin" }, end: { dateTime: `${day(3)}T09:00:00`, timeZone: "Europe/Berlin" } } });
	const dates = await call("events.instances", { calendarId, eventId: "series01" });
	await call("events.delete", { calendarId, eventId: dates.items[1].id });
	const first = await call("events.list", { calendarId, maxResults: 2 });
	const last = await call("events.list", { calendarId, maxResults: 2, pageToken: first.nextPageToken });
	await call("events.import", { calendarId, requestBody: timed(9, { iCalUID: "sdk@example.org", summary: "Imported" }) });
	await call("events.move", { calendarId, eventId: one.id, destination: "family@group.calendar.google.com" });
	await call("events.list", { calendarId, syncToken: last.nextSyncToken });
	await call("events.list", { calendarId, syncToken: last.nextSyncToken, q: "x" });
	await call("events.delete", { calendarId, eventId: "series01" });
	await call("events.delete", { calendarId, eventId: "series01" });
	await call("events.get", { calendarId, eventId: "nothing00" });
	const channel = await call("events.watch", { calendarId, requestBody: { id: "channel-1", type: "web_hook", address: `${hook}/hook`, token: "t", params: { ttl: "3600" } } });
	await call("calendarList.watch", { requestBody: { id: "channel-2", type: "web_hook", address: `${hook}/hook` } });
	await call("channels.stop", { requestBody: { id: channel.id, resourceId: channel.resourceId } });
	await call("channels.stop", { requestBody: { id: channel.id, resourceId: channel.resourceId } });
	const control = await fetch(`${root}../control/expire_sync_tokens`, { method: "POST", body: "{}" });
	if (!control.ok) throw new Error(await control.text());
	await call("events.list", { calendarId, syncToken: last.nextSyncToken });
})().catch((e) => { console.error(e); process.exit(1); });
