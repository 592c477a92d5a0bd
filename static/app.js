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
