// A little on top of pages that work without it: parts that renew themselves,
// buttons that ask first, menus that close.
"use strict";

// <div data-renew="3" id="x">: fetched again every 3 seconds while it is
// visible and says so itself; the server's answer decides when that ends.
// Just after something was done, the first looks come sooner.
const soon = document.querySelector("main > .notice-ok") ? [1, 1, 2, 4] : [];
function renew(part) {
	const secs = Math.min(Number(part.dataset.renew), soon.shift() || Infinity);
	if (!secs || !part.id)
		return;
	setTimeout(async () => {
		if (document.hidden) {
			renew(part);
			return;
		}
		try {
			const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
			if (!reply.ok)
				throw new Error(String(reply.status));
			const page = new DOMParser().parseFromString(await reply.text(), "text/html");
			const fresh = page.getElementById(part.id);
			if (!fresh) {
				location.reload();
				return;
			}
			const busy = part.contains(document.activeElement);
			const other = fresh.innerHTML !== part.innerHTML;
			if (other && !busy)
				part.replaceChildren(...fresh.childNodes);
			if (other && busy)
				part.dataset.renew = fresh.dataset.renew || "5";
			else if (fresh.dataset.renew)
				part.dataset.renew = fresh.dataset.renew;
			else
				delete part.dataset.renew;
			renew(part);
		} catch {
			part.dataset.renew = String(Math.min(secs * 2, 60));
			renew(part);
		}
	}, secs * 1000);
}
for (const part of document.querySelectorAll("[data-renew]"))
	renew(part);

// ---- toasts: a sentence in the corner, with a link, said to screen readers ----
// hawser.toast("Family was not synced.", { kind: "bad", href: path, label: "See why",
//	retry: path, key: "connection-7" })
// kind: ok work wait bad. retry: where "Retry" is sent. One of the same key
// replaces the other. What went wrong stays until it is closed; all else goes
// after ten seconds that nobody points at it.
const toasts = document.createElement("div");
toasts.className = "toasts";
toasts.setAttribute("role", "status");
document.body.append(toasts);
const local = (path) => path && path.startsWith("/");
// A form of one button, with the token that the page's own forms carry.
function retryForm(path) {
	const form = document.createElement("form");
	const token = document.createElement("input");
	const button = document.createElement("button");
	form.className = "post";
	form.method = "post";
	form.action = path;
	token.type = "hidden";
	token.name = "csrf";
	token.value = document.querySelector("input[name=csrf]")?.value || "";
	button.className = "button";
	button.textContent = "Retry";
	form.append(token, button);
	return form;
}
function toast(text, { kind = "ok", href, label = "Open", retry, key } = {}) {
	const box = document.createElement("div");
	box.className = `toast toast-${kind}`;
	if (key) {
		box.dataset.key = key;
		for (const other of [...toasts.children])
			if (other.dataset.key === key)
				other.remove();
	}
	const words = document.createElement("p");
	words.textContent = text;
	box.append(words);
	if (local(retry))
		box.append(retryForm(retry));
	if (local(href)) {
		const link = document.createElement("a");
		link.href = href;
		link.textContent = label;
		box.append(link);
	}
	const close = document.createElement("button");
	close.type = "button";
	close.className = "toast-close";
	close.textContent = "Close";
	close.addEventListener("click", () => box.remove());
	box.append(close);
	// Beside an open dialog nothing can be pressed, nor is it read out.
	const home = document.querySelector("dialog:modal") || document.body;
	if (toasts.parentNode !== home)
		home.append(toasts);
	toasts.append(box);
	if (kind !== "bad") {
		const leave = () => box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove();
		setTimeout(leave, 10000);
	}
	return box;
}
window.hawser = { toast };

// ---- live cards: <div data-live="all | one"> with parts [data-connection] ----
// The status is asked every few seconds while something is at work, seldom else
// and never while nobody looks. Times and bars are kept true here; when more
// than that has changed (data-version), the part is taken fresh from the page,
// so what it looks like stands in the templates alone.
const liveRoot = document.querySelector("[data-live]");
const liveUrl = document.querySelector('.side a[href$="settings/integrations"]')?.getAttribute("href");
const liveTold = document.createElement("p");
liveTold.className = "hidden";
liveTold.setAttribute("role", "status");
let liveTimer = 0;
let liveFails = 0;

function liveText(part, name, words, exact) {
	const at = part.querySelector(`[data-part="${name}"]`);
	if (!at || !words || (at.textContent === words && at.title === exact))
		return;
	at.textContent = words;
	at.title = exact;
}
function liveBar(part, progress) {
	const bar = part.querySelector("progress");
	if (!bar || !progress || bar.textContent === progress.words)
		return;
	bar.max = progress.total;
	bar.value = progress.done;
	bar.textContent = progress.words;
	part.querySelector(".progress .num").textContent = progress.words;
}
// The same button again has the focus; the part itself, when it is gone.
function liveReplace(old, fresh) {
	const had = old.contains(document.activeElement) ? document.activeElement.textContent : null;
	old.replaceWith(fresh);
	if (had === null)
		return;
	const same = [...fresh.querySelectorAll("a, button")].find((one) => one.textContent === had);
	if (!same)
		fresh.tabIndex = -1;
	(same || fresh).focus();
}
async function liveFresh(changed) {
	const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
	if (!reply.ok)
		throw new Error(String(reply.status));
	const page = new DOMParser().parseFromString(await reply.text(), "text/html");
	const fresh = page.querySelector("[data-live]");
	if (!fresh) {
		location.reload();
		return;
	}
	const root = document.querySelector("[data-live]");
	const ids = (of) => [...of.querySelectorAll("[data-connection]")].map((part) => part.dataset.connection).join();
	// Something came or went, or a question above the cards: the whole.
	if (root.dataset.live === "one" || ids(root) !== ids(fresh) || root.querySelectorAll(".notice").length !== fresh.querySelectorAll(".notice").length) {
		liveReplace(root, fresh);
		return;
	}
	for (const id of changed) {
		const part = root.querySelector(`[data-connection="${id}"]`);
		const other = fresh.querySelector(`[data-connection="${id}"]`);
		if (part && other)
			liveReplace(part, other);
	}
}
// What changed is said once, in words; a failure also stays in the corner.
const liveStates = new Map();
function liveSay(one) {
	const before = liveStates.get(one.id);
	liveStates.set(one.id, one.state);
	if (before === undefined || before === one.state)
		return;
	liveTold.textContent = `${one.name}: ${one.words}`;
	if (one.state !== "syncing")	// what was asked for has come about
		document.querySelector("main > .notice-work")?.remove();
	const path = liveUrl.replace(/integrations$/, `connections/${one.id}`);
	if (one.error)	// a refused password is not cured by asking once more
		toast(`${one.name}: ${one.error}`, { kind: "bad", key: `connection-${one.id}`,
			href: path, label: "Open", retry: one.state === "reconnect" ? "" : `${path}/sync` });
}
async function liveLook() {
	const reply = await fetch(`${liveUrl}/status`, { headers: { Accept: "application/json" } });
	if (reply.redirected || reply.status === 401) {	// signed out elsewhere
		location.reload();
		return 0;
	}
	if (!reply.ok)
		throw new Error(String(reply.status));
	const status = await reply.json();
	const root = document.querySelector("[data-live]");
	const parts = new Map([root, ...root.querySelectorAll("[data-connection]")].map((part) => [part.dataset.connection, part]));
	const shown = root.dataset.live === "one" ? status.connections.filter((one) => one.id === root.dataset.connection) : status.connections;
	const changed = shown.filter((one) => parts.get(one.id)?.dataset.version !== one.version).map((one) => one.id);
	for (const one of shown) {
		const part = parts.get(one.id);
		liveSay(one);
		if (part && part.dataset.version === one.version) {
			liveText(part, "last_sync", one.last_sync_words, one.last_sync_exact);
			liveText(part, "next_sync", one.next_sync_words, one.next_sync_exact);
			liveBar(part, one.progress);
		}
	}
	const gone = root.dataset.live === "all" ? parts.size - 1 > shown.length : !shown.length;
	if (changed.length || gone)
		await liveFresh(changed);
	return Math.min(60, ...shown.map((one) => one.look_again_secs));
}
function livePlan(secs) {
	clearTimeout(liveTimer);
	if (!document.hidden)
		liveTimer = setTimeout(liveTurn, secs * 1000);
}
async function liveTurn() {
	try {
		const secs = await liveLook();
		liveFails = 0;
		if (secs)
			livePlan(secs);
	} catch {
		liveFails++;
		livePlan(Math.min(2 ** liveFails, 60));
	}
}
if (liveRoot && liveUrl) {
	document.body.append(liveTold);
	document.addEventListener("visibilitychange", () => livePlan(0));
	livePlan(0.5);
}

// An event that starts later ends later: the end keeps its distance.
const startTime = document.getElementById("f-start_time");
const endTime = document.getElementById("f-end_time");
const minutes = (text) => text ? Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5)) : NaN;
if (startTime && endTime) {
	let before = minutes(startTime.value);
	startTime.addEventListener("change", () => {
		const now = minutes(startTime.value);
		const end = minutes(endTime.value) + now - before;
		if (end >= 0 && end < 1440)
			endTime.value = String(Math.floor(end / 60)).padStart(2, "0") + ":" + String(end % 60).padStart(2, "0");
		before = now;
	});
}

// As the server made it, whatever was typed before this script came?
const isBox = (field) => field.type === "checkbox";
const asMade = (field) => field.options ? [...field.options].every((o) => o.selected === o.defaultSelected) :
	isBox(field) ? field.checked === field.defaultChecked : field.value === field.defaultValue;

// ---- agenda: keys, an event edited or added on the spot, marks that renew ----
const agenda = document.querySelector("[data-agenda]");
if (agenda) {
	const keys = document.getElementById("agenda-keys");
	const quick = document.getElementById("agenda-quick");
	const letters = document.getElementById("f-keys");
	const plain = (event) => !(event.ctrlKey || event.metaKey || event.altKey);
	// As the server made it; the token of its forms is another each time.
	const made = (part) => part.innerHTML.replace(/(name="csrf" value=")[^"]*/g, "$1");
	let last = made(agenda);
	const pageOf = async (reply) => new DOMParser().parseFromString(await reply.text(), "text/html");

	// Letters can be switched off: speech input and slips of the hand press them.
	try { letters.checked = localStorage.getItem("agenda-letters") !== "off"; } catch { /* no storage: on */ }
	letters.addEventListener("change", () => {
		try { localStorage.setItem("agenda-letters", letters.checked ? "on" : "off"); } catch { /* for this page alone */ }
	});
	const openKeys = () => keys.open || keys.showModal();
	document.getElementById("agenda-help")?.addEventListener("click", openKeys);
	if (document.getElementById("agenda-help"))
		document.getElementById("agenda-help").hidden = false;

	// The page of a form, as the server makes it.
	async function fetchQuick(form) {
		const reply = await fetch(form, { headers: { Accept: "text/html" } });
		const page = reply.ok ? await pageOf(reply) : null;
		if (!page?.querySelector("main form.panel"))
			throw new Error("no form");
		return page;
	}
	// What is edited most of it; the link itself when that is not to be had.
	async function openQuick(link) {
		const form = new URL(link.href);
		if (link.matches(".chip"))
			form.pathname += "/edit";
		try {
			const page = await fetchQuick(form);
			typed.clear();
			if (!fillQuick(page, form, link.matches(".chip") ? link.href : form.href))
				throw new Error("no form");
			quick.showModal();
			quick.querySelector("#f-summary")?.focus();
		} catch {
			location.href = link.href;
		}
	}
	// What the person changed, and nothing else, goes along to another choice of
	// dates; not the days, which are others there. A form that came back with
	// what is wrong has it as its own: hence a set that outlives forms.
	const carried = ["summary", "location", "description", "start_time", "end_time", "all_day", "zone"];
	const typed = new Set();
	function noteTyped() {
		for (const name of carried) {
			const field = quick.querySelector(`#f-${name}`);
			if (field && !asMade(field))
				typed.add(name);
		}
	}
	quick.addEventListener("close", () => document.body.append(toasts));
	async function switchQuick(link, open) {
		try {
			const page = await fetchQuick(new URL(link.href));
			if (!quick.contains(link))	// another one is open by now
				return;
			noteTyped();
			const kept = [...typed].map((name) => quick.querySelector(`#f-${name}`)).filter((field) => field);
			const all = quick.classList.contains("quick-all");
			fillQuick(page, new URL(link.href), open);
			for (const from of kept) {
				const to = document.getElementById(from.id);
				if (to && isBox(to))
					to.checked = from.checked;
				else if (to)
					to.value = from.value;
			}
			if (all)
				quick.querySelector(".more-fields")?.click();
			quick.querySelector(".scopes [aria-current]").focus();
		} catch {
			toast("The other choice could not be opened just now. What you typed is still here.",
				{ kind: "bad", key: "quick", href: link.getAttribute("href") });
		}
	}
	function fillQuick(page, action, open) {
		const form = page.querySelector("main form.panel");
		const title = page.querySelector("main h1");
		if (!form || !title)
			return false;
		const head = document.createElement("h2");
		head.textContent = title.textContent;
		const more = document.createElement("button");
		more.type = "button";
		more.className = "button more-fields";
		more.textContent = "All fields";
		more.addEventListener("click", () => {
			quick.classList.add("quick-all");
			more.remove();
		});
		const whole = document.createElement("a");
		whole.href = open;
		whole.textContent = "Open it";
		const cancel = form.querySelector(".actions a");
		cancel.addEventListener("click", (event) => {
			event.preventDefault();
			quick.close();
		});
		cancel.after(more, whole);
		form.action = new URL(form.getAttribute("action"), action).href;
		form.addEventListener("submit", (event) => saveQuick(event, form));
		quick.className = "dialog quick";
		if (page.querySelector(".extra [aria-invalid=true]"))
			quick.classList.add("quick-all");
		quick.setAttribute("aria-label", title.textContent);
		const scopes = page.querySelector("main > .scopes");
		scopes?.addEventListener("click", (event) => {
			const link = event.target.closest("a");
			if (!link || !plain(event) || event.shiftKey || event.button !== 0)
				return;
			event.preventDefault();
			switchQuick(link, open);
		});
		quick.replaceChildren(head, ...page.querySelectorAll("main > .scopes, main > .scopes + .lead, main > .notice-bad"), form,
			...quick.contains(toasts) ? [toasts] : []);
		quick.querySelector("[aria-invalid=true]")?.focus();
		return true;
	}
	async function saveQuick(event, form) {
		event.preventDefault();
		event.stopPropagation();
		if (form.getAttribute("aria-busy"))
			return;
		form.setAttribute("aria-busy", "true");
		noteTyped();
		try {
			const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
			if (reply.type === "opaqueredirect") {
				quick.close();
				await renewAgenda();
				toast("Saved.");
				return;
			}
			if (!fillQuick(await pageOf(reply), form.action, form.action))
				throw new Error(String(reply.status));
		} catch {
			form.removeAttribute("aria-busy");
			toast("It could not be saved just now. Try again.", { kind: "bad", key: "quick" });
		}
	}
	agenda.addEventListener("click", (event) => {
		const link = event.target.closest("a.chip, a.week-slot, a.day-add");
		if (link && plain(event) && !event.shiftKey && event.button === 0) {
			event.preventDefault();
			openQuick(link);
		}
	});

	const seen = (part) => part.getClientRects().length > 0;
	function go(selector, step) {
		const all = [...agenda.querySelectorAll(selector)].filter(seen);
		const here = document.activeElement;
		let at = all.indexOf(here);
		if (at < 0) {
			at = all.findIndex((a) => here.compareDocumentPosition(a) & Node.DOCUMENT_POSITION_FOLLOWING);
			at = agenda.contains(here) && at >= 0 ? at - (step > 0 ? 1 : 0) : -1;
			if (at < 0 && !agenda.contains(here))
				at = Math.max(0, all.findIndex((a) => a.getAttribute("aria-current"))) - step;
		}
		all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
	}
	document.addEventListener("keydown", (event) => {
		if (!plain(event) || document.querySelector("dialog[open]") || event.target.closest("input, select, textarea, summary"))
			return;
		const arrows = { ArrowLeft: ["[data-day]", -1], ArrowRight: ["[data-day]", 1], ArrowUp: [".chip, .agenda-day a", -1], ArrowDown: [".chip, .agenda-day a", 1] };
		if (arrows[event.key] && (agenda.contains(event.target) || event.target === document.body)) {
			event.preventDefault();
			go(...arrows[event.key]);
		} else if (letters.checked && event.key === "?") {
			event.preventDefault();
			openKeys();
		} else if (letters.checked && /^[a-z]$/.test(event.key)) {
			const link = agenda.querySelector(`[data-key="${event.key}"]`);
			if (link) {
				event.preventDefault();
				link.click();
			}
		}
	});

	// What other people and syncs do: marks and events are fetched again, the
	// focus stays; a connection that stopped getting through says so once.
	const problems = () => new Map([...agenda.querySelectorAll("[data-problem]")].map((p) => [p.dataset.problem, p]));
	async function renewAgenda() {
		const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
		const fresh = reply.ok && !reply.redirected ? (await pageOf(reply)).querySelector("[data-agenda]") : null;
		if (!fresh || made(fresh) === last)
			return;
		last = made(fresh);
		const focus = agenda.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
		const known = problems();
		const unfolded = agenda.querySelector("#agenda-problems details[open]");
		const onFold = document.activeElement?.matches("#agenda-problems summary");
		agenda.replaceChildren(...fresh.childNodes);
		if (unfolded)
			agenda.querySelector("#agenda-problems details")?.setAttribute("open", "");
		if (onFold)
			agenda.querySelector("#agenda-problems summary")?.focus();
		for (const [key, part] of problems())
			if (!known.has(key))
				toast(part.querySelector("p").textContent, { kind: "bad", key, label: "See why",
					href: part.querySelector("a:last-of-type").getAttribute("href"), retry: part.querySelector("form")?.getAttribute("action") });
		const help = document.getElementById("agenda-help");
		help?.addEventListener("click", openKeys);
		if (help)
			help.hidden = false;
		if (focus)
			[...agenda.querySelectorAll("a")].find((a) => a.getAttribute("href") === focus)?.focus();
	}
	const renewSecs = () => agenda.querySelector(".chip-work") ? 5 : 30;
	const tick = async () => {
		const busy = document.hidden || document.querySelector("dialog[open]") || agenda.querySelector("input:focus");
		try {
			if (!busy)
				await renewAgenda();
		} catch { /* the next time */ }
		setTimeout(tick, renewSecs() * 1000);
	};
	setTimeout(tick, renewSecs() * 1000);
}

// A second press while the first is under way sends nothing.
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (form.dataset.ask && !confirm(form.dataset.ask)) {
		event.preventDefault();
		return;
	}
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	if (form.method === "post") {
		form.dataset.sent = "1";
		form.setAttribute("aria-busy", "true");
	}
});
// Back from the browser's cache: the form may be sent again.
addEventListener("pageshow", () => {
	for (const form of document.querySelectorAll("form[data-sent]"))
		delete form.dataset.sent;
});

// On a phone the navigation is a row that scrolls: where one is, is in sight.
const side = document.querySelector(".side");
const here = side?.querySelector("[aria-current]");
if (here && side.scrollWidth > side.clientWidth) {
	const [row, item] = [side.getBoundingClientRect(), here.getBoundingClientRect()];
	side.scrollLeft += item.left + item.width / 2 - row.left - row.width / 2;
}

for (const menu of document.querySelectorAll("details.menu")) {
	document.addEventListener("click", (event) => {
		if (!menu.contains(event.target))
			menu.open = false;
	});
	menu.addEventListener("keydown", (event) => {
		if (event.key === "Escape") {
			menu.open = false;
			menu.querySelector("summary").focus();
		}
	});
}

// The first wrong field of a refused form takes the focus.
document.querySelector("[aria-invalid=true]")?.focus();

// ---- the page of an event's form: another choice of dates keeps what was typed ----
const scopes = document.querySelector("main > .scopes");
if (scopes) {
	const form = document.querySelector("main form.panel");
	const carried = ["summary", "location", "description", "start_time", "end_time", "zone"];
	const key = `typed ${location.pathname}`;
	const fields = () => carried.map((name) => form.querySelector(`#f-${name}`)).filter((field) => field);
	let was = {};
	try {
		was = JSON.parse(sessionStorage.getItem(key)) || {};
		sessionStorage.removeItem(key);
	} catch { /* no storage: nothing is carried */ }
	for (const field of fields())
		if (field.id in was)
			field.value = was[field.id];
	scopes.addEventListener("click", (event) => {
		if (!event.target.closest("a"))
			return;
		const typed = fields().filter((field) => !asMade(field));
		try {
			sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(typed.map((field) => [field.id, field.value]))));
		} catch { /* as above */ }
	});
}
