// The same page as the floor's, as one would write it with express, ejs and mysql2.
// usage: node peer.js LISTEN-SOCKET DB-SOCKET WORKERS PAD
"use strict";
const cluster = require("cluster");
const [socket, database, workers, pad] = process.argv.slice(2);

if (cluster.isPrimary) {
	for (let i = 0; i < Number(workers); i++)
		cluster.fork();
	process.on("SIGTERM", () => {
		for (const worker of Object.values(cluster.workers))
			worker.process.kill();
		process.exit(0);
	});
} else {
	const crypto = require("crypto");
	const express = require("express");
	const ejs = require("ejs");
	const mysql = require("mysql2/promise");
	const db = mysql.createPool({ socketPath: database, user: "root", database: "peer", connectionLimit: 4, dateStrings: true, charset: "utf8mb4" });
	const filler = ".".repeat(Number(pad));
	const WHO = "SELECT p.org_id, p.name, p.email, o.name AS org, s.csrf FROM session s JOIN person p ON p.id = s.person_id " +
		"JOIN org o ON o.id = p.org_id WHERE s.token_hash = ? AND s.expires_at > NOW()";
	const CARDS = "SELECT c.id, c.provider, c.name, c.account, c.state, r.started_at, r.state AS result, r.count_in, r.count_out, r.message " +
		"FROM connection c LEFT JOIN run r ON r.id = (SELECT MAX(id) FROM run WHERE connection_id = c.id) WHERE c.org_id = ? ORDER BY c.id";
	const page = ejs.compile(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Integrations</title><link rel="stylesheet" href="/app.css"></head>
<body><header><p><%= user.name %> <%= user.email %> <%= user.org %></p></header><main><h1>Integrations</h1>
<% for (const c of rows) { -%>
<article class="card" id="c-<%= c.id %>"><h3><%= c.name %></h3><p><%= c.account %></p><span class="badge badge-<%= c.state %>"><%= c.state %></span><dl><dt>last sync</dt><dd title="<%= c.started_at %>"><%= c.started_at %></dd><dt>result</dt><dd><%= c.result %></dd><dt>in</dt><dd><%= c.count_in %></dd><dt>out</dt><dd><%= c.count_out %></dd></dl><p><%= c.message %></p><form method="post" action="/connections/<%= c.id %>/sync"><input type="hidden" name="csrf" value="<%= user.csrf %>"><button class="button">Sync now</button></form><%- filler %></article>
<% } -%>
</main></body></html>
`);
	const app = express();
	app.disable("x-powered-by");
	app.set("etag", false);
	app.get(["/page", "/status"], async (req, res) => {
		const cookie = /(?:^|; )hawser=([^;]*)/.exec(req.headers.cookie || "");
		const raw = Buffer.from(cookie ? cookie[1] : "", "base64url");
		const [[user]] = await db.execute(WHO, [crypto.createHash("sha256").update(raw).digest()]);
		if (!user) {
			res.status(403).end();
			return;
		}
		const [rows] = await db.execute(CARDS, [user.org_id]);
		if (req.path === "/status")
			res.json({ connections: rows.map((row) => ({ ...row, pad: filler })) });
		else
			res.type("html").send(page({ user, rows, filler }));
	});
	app.listen(socket);
}
