// A little on top of pages that work without it: parts that renew themselves,
// buttons that ask first, menus that close.
"use strict";

// <div data-renew="3" id="x">: fetched again every 3 seconds while it is
// visible and says so itself; the server's answer decides when that ends.
function renew(part) {
	const secs = Number(part.dataset.renew);
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
			if (fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement))
				part.replaceChildren(...fresh.childNodes);
			if (fresh.dataset.renew)
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
