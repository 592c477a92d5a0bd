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
// hawser.toast("Family was not synced.", { kind: "bad", href: "/settings/connections/7",
//	label: "See why", key: "connection-7" })
// kind: ok work wait bad. One of the same key replaces the other. What went
// wrong stays until it is closed; all else goes after ten seconds that nobody
// points at it.
const toasts = document.createElement("div");
toasts.className = "toasts";
toasts.setAttribute("role", "status");
document.body.append(toasts);
function toast(text, { kind = "ok", href, label = "Open", key } = {}) {
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
	if (href && href.startsWith("/")) {
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
	toasts.append(box);
	if (kind !== "bad") {
		const leave = () => box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove();
		setTimeout(leave, 10000);
	}
	return box;
}
window.hawser = { toast };

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
