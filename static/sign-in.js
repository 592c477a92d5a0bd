// Signing in at a provider, in a window of its own. The server alone knows how it
// stands: this page asks it, every two seconds and whenever the other window
// says "look again". What that window is doing, or whether it is still there,
// is never asked: providers cut it off from this page.
"use strict";
{
	const every = 2000;
	const channelName = "hawser-sign-in";
	const here = document.querySelector(".brand")?.getAttribute("href") || "/";
	const site = here.endsWith("/") ? here : here + "/";
	let waiting = null;

	const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
		(b) => b.toString(16).padStart(2, "0")).join("");

	function leave(now, words, kind) {
		clearTimeout(now.timer);
		now.channel?.close();
		now.box.remove();
		now.button.hidden = false;
		delete now.form.dataset.sent;	// it may be sent again
		now.form.removeAttribute("aria-busy");
		waiting = null;
		if (words)
			window.hawser.toast(words, { kind, key: "sign-in" });
		now.button.focus();
	}

	async function look(now) {
		clearTimeout(now.timer);
		let state = null;
		try {
			const reply = await fetch(`${site}settings/sign-in/${now.flow}/status`,
				{ headers: { Accept: "application/json" } });
			if (reply.ok)
				state = await reply.json();
			else if (reply.status === 401 || reply.redirected)
				location.reload();
		} catch {
			// the next look may come through
		}
		if (now !== waiting)
			return;
		if (state?.state === "done" && state.href) {
			location.assign(state.href);
			return;
		}
		if (state && state.state !== "open") {
			leave(now, state.message, state.state === "refused" ? "wait" : "bad");
			return;
		}
		now.timer = setTimeout(look, every, now);
	}

	function cancel(now) {
		const body = new FormData(now.form);
		body.delete("flow");
		body.delete("popup");
		body.delete("connection");
		fetch(`${site}settings/ask/sign-in/${now.flow}/cancel`,
			{ method: "POST", body: new URLSearchParams(body) }).catch(() => {});
		now.window?.close();
		leave(now);
	}

	function wait(form, flow, opened) {
		const now = { form, flow, window: opened, timer: 0, button: form.querySelector("button") };
		const words = document.createElement("span");
		const again = document.createElement("button");
		const stop = document.createElement("button");
		now.box = document.createElement("span");
		now.box.className = "sign-in-wait";
		now.box.setAttribute("role", "status");
		words.textContent = "Continue in the other window.";
		again.type = stop.type = "button";
		again.className = stop.className = "button";
		again.textContent = "Show it";
		stop.textContent = "Cancel";
		again.addEventListener("click", () => now.window.focus());
		stop.addEventListener("click", () => cancel(now));
		now.box.append(words, again, stop);
		now.button.hidden = true;
		form.append(now.box);
		if ("BroadcastChannel" in window) {
			now.channel = new BroadcastChannel(channelName);
			now.channel.addEventListener("message", () => look(now));
		}
		waiting = now;
		now.timer = setTimeout(look, every, now);
		stop.focus();
	}

	document.addEventListener("submit", (event) => {
		const form = event.target;
		if (!form.matches("[data-sign-in]") || event.defaultPrevented)
			return;
		if (waiting)
			leave(waiting);
		const left = Math.max(0, Math.round(screenX + (outerWidth - 600) / 2));
		const top = Math.max(0, Math.round(screenY + (outerHeight - 700) / 2));
		const name = "hawser-sign-in-" + random().slice(0, 8);
		const opened = window.open("", name, `popup,width=600,height=700,left=${left},top=${top}`);
		form.elements.flow.value = opened ? random() : "";
		form.elements.popup.value = opened ? "1" : "";
		form.target = opened ? name : "";
		if (opened)
			wait(form, form.elements.flow.value, opened);
		// Where no window opens, the form itself leads there.
	});

	const end = document.querySelector("[data-sign-in-end]");
	if (end) {
		if ("BroadcastChannel" in window) {
			const channel = new BroadcastChannel(channelName);
			channel.postMessage("look again");
			channel.close();
		}
		if (end.dataset.popup === "yes" && end.dataset.kind !== "bad")
			setTimeout(() => window.close(), 300);
	}
}
