/*
 * The floor: what libfcgi, Connector/C and two prepared statements cost, with no
 * framework, no tenant walls, no token against forged forms and no headers. One
 * output buffer, workers that were forked before.
 * usage: floor LISTEN-SOCKET DB-SOCKET WORKERS PAD
 */
#include <fcgiapp.h>
#include <gnutls/crypto.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char WHO[] =
    "SELECT p.org_id, p.name, p.email, o.name, s.csrf FROM session s "
    "JOIN person p ON p.id = s.person_id JOIN org o ON o.id = p.org_id "
    "WHERE s.token_hash = ? AND s.expires_at > NOW()";
static const char CARDS[] =
    "SELECT c.id, c.provider, c.name, c.account, c.state, r.started_at, "
    "r.state, r.count_in, r.count_out, r.message FROM connection c "
    "LEFT JOIN run r ON r.id = "
    "(SELECT MAX(id) FROM run WHERE connection_id = c.id) "
    "WHERE c.org_id = ? ORDER BY c.id";

enum { FIELDS = 10, FIELD_BYTES = 1000 };

static char out[256 * 1024], pad[8192];
static size_t len;
static MYSQL *db;
static MYSQL_STMT *who, *cards;
static unsigned char token[32];
static unsigned org;
static char field[FIELDS][FIELD_BYTES];
static unsigned long field_len[FIELDS];
static my_bool field_null[FIELDS];
static char user_name[FIELD_BYTES], user_email[FIELD_BYTES], org_name[FIELD_BYTES],
    csrf[100];
static unsigned long who_len[5];

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, db ? mysql_error(db) : "");
	exit(1);
}

static void put(const char *text)
{
	size_t n = strlen(text);

	if (len + n < sizeof(out)) {
		memcpy(out + len, text, n);
		len += n;
	}
}

static void put_html(const char *text)
{
	for (; *text && len + 8 < sizeof(out); text++)
		switch (*text) {
		case '&': put("&amp;"); break;
		case '<': put("&lt;"); break;
		case '>': put("&gt;"); break;
		case '"': put("&quot;"); break;
		case '\'': put("&#39;"); break;
		default: out[len++] = *text;
		}
}

static void put_json(const char *text)
{
	put("\"");
	for (; *text && len + 8 < sizeof(out); text++) {
		if (*text == '"' || *text == '\\')
			out[len++] = '\\';
		out[len++] = *text;
	}
	put("\"");
}

static MYSQL_STMT *prepare(const char *sql)
{
	MYSQL_STMT *st = mysql_stmt_init(db);

	if (!st || mysql_stmt_prepare(st, sql, strlen(sql)) != 0)
		fail(sql);
	return st;
}

static MYSQL_BIND text_bind(char *buffer, size_t room, unsigned long *length)
{
	return (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING, .buffer = buffer,
	    .buffer_length = room, .length = length };
}

static void connect_db(const char *socket)
{
	static unsigned long token_len = sizeof(token);
	MYSQL_BIND in = { .buffer_type = MYSQL_TYPE_BLOB, .buffer = token,
	    .buffer_length = sizeof(token), .length = &token_len };
	MYSQL_BIND by_org = { .buffer_type = MYSQL_TYPE_LONG, .buffer = &org };
	MYSQL_BIND found[5] = { { .buffer_type = MYSQL_TYPE_LONG, .buffer = &org },
	    text_bind(user_name, sizeof(user_name) - 1, &who_len[1]),
	    text_bind(user_email, sizeof(user_email) - 1, &who_len[2]),
	    text_bind(org_name, sizeof(org_name) - 1, &who_len[3]),
	    text_bind(csrf, sizeof(csrf) - 1, &who_len[4]) };
	MYSQL_BIND row[FIELDS];

	db = mysql_init(NULL);
	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (!mysql_real_connect(db, NULL, "root", "", "peer", 0, socket, 0))
		fail("connect");
	who = prepare(WHO);
	cards = prepare(CARDS);
	for (int i = 0; i < FIELDS; i++) {
		row[i] = text_bind(field[i], FIELD_BYTES - 1, &field_len[i]);
		row[i].is_null = &field_null[i];
	}
	mysql_stmt_bind_param(who, &in);
	mysql_stmt_bind_param(cards, &by_org);
	mysql_stmt_bind_result(who, found);
	mysql_stmt_bind_result(cards, row);
}

static int digit(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 :
	    c >= '0' && c <= '9' ? c - '0' + 52 : c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* The cookie, base64url of 32 bytes, to its hash. */
static int read_cookie(const char *cookie)
{
	const char *p = cookie ? strstr(cookie, "hawser=") : NULL;
	unsigned char raw[32];
	unsigned bits = 0, have = 0, n = 0;

	for (p = p ? p + 7 : ""; n < sizeof(raw) && digit(*p) >= 0; p++) {
		bits = bits << 6 | (unsigned)digit(*p);
		have += 6;
		if (have >= 8)
			raw[n++] = (unsigned char)(bits >> (have -= 8));
	}
	return n == sizeof(raw) &&
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, raw, sizeof(raw), token) == 0;
}

static int find_user(FCGX_Request *q)
{
	int found;

	if (!read_cookie(FCGX_GetParam("HTTP_COOKIE", q->envp)))
		return 0;
	if (mysql_stmt_execute(who))
		fail("who");
	found = mysql_stmt_fetch(who) == 0;
	mysql_stmt_free_result(who);
	user_name[who_len[1]] = user_email[who_len[2]] = org_name[who_len[3]] =
	    csrf[who_len[4]] = '\0';
	return found;
}

static int next_card(void)
{
	if (mysql_stmt_fetch(cards) != 0)
		return 0;
	for (int i = 0; i < FIELDS; i++)
		field[i][field_null[i] ? 0 : field_len[i]] = '\0';
	return 1;
}

static void put_form(const char *what, const char *label)
{
	put("<form method=\"post\" action=\"/connections/");
	put(field[0]);
	put(what);
	put("\"><input type=\"hidden\" name=\"csrf\" value=\"");
	put_html(csrf);
	put("\"><button class=\"button\">");
	put(label);
	put("</button></form>");
}

static void put_card(void)
{
	put("<article class=\"card\" id=\"c-");
	put(field[0]);
	put("\"><h3>");
	put_html(field[2]);
	put("</h3><p>");
	put_html(field[3]);
	put("</p><span class=\"badge badge-");
	put_html(field[4]);
	put("\">");
	put_html(field[4]);
	put("</span><dl><dt>last sync</dt><dd title=\"");
	put_html(field[5]);
	put("\">");
	put_html(field[5]);
	put("</dd><dt>result</dt><dd>");
	put_html(field[6]);
	put("</dd><dt>in</dt><dd>");
	put(field[7]);
	put("</dd><dt>out</dt><dd>");
	put(field[8]);
	put("</dd></dl><p>");
	put_html(field[9]);
	put("</p>");
	put_form("/sync", "Sync now");
	put(pad);
	put("</article>\n");
}

static void page(void)
{
	put("Content-Type: text/html; charset=utf-8\r\n\r\n<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Integrations</title>"
	    "<link rel=\"stylesheet\" href=\"/app.css\"></head>\n<body><header><p>");
	put_html(user_name);
	put(" ");
	put_html(user_email);
	put(" ");
	put_html(org_name);
	put("</p></header><main><h1>Integrations</h1>\n");
	if (mysql_stmt_execute(cards))
		fail("cards");
	while (next_card())
		put_card();
	mysql_stmt_free_result(cards);
	put("</main></body></html>\n");
}

static void status(void)
{
	static const char *const names[FIELDS] = { "id", "provider", "name",
	    "account", "state", "started_at", "result", "count_in", "count_out",
	    "message" };

	put("Content-Type: application/json\r\n\r\n{\"connections\":[");
	if (mysql_stmt_execute(cards))
		fail("cards");
	for (int first = 1; next_card(); first = 0) {
		put(first ? "{" : ",{");
		for (int i = 0; i < FIELDS; i++) {
			put_json(names[i]);
			put(":");
			put_json(field[i]);
			put(",");
		}
		put("\"pad\":\"");
		put(pad);
		put("\"}");
	}
	mysql_stmt_free_result(cards);
	put("]}");
}

static void serve(FCGX_Request *q)
{
	const char *path = FCGX_GetParam("REQUEST_URI", q->envp);

	len = 0;
	if (!find_user(q))
		put("Status: 403\r\n\r\n");
	else if (path && strcmp(path, "/status") == 0)
		status();
	else
		page();
	FCGX_PutStr(out, (int)len, q->out);
}

int main(int argc, char **argv)
{
	int listen_fd;

	if (argc != 5 || FCGX_Init() != 0)
		return 2;
	memset(pad, '.', (size_t)atoi(argv[4]) % sizeof(pad));
	listen_fd = FCGX_OpenSocket(argv[1], 511);
	for (int i = atoi(argv[3]); i > 0; i--) {
		FCGX_Request q;

		if (fork() != 0)
			continue;
		connect_db(argv[2]);
		FCGX_InitRequest(&q, listen_fd, 0);
		while (FCGX_Accept_r(&q) >= 0) {
			serve(&q);
			FCGX_Finish_r(&q);
		}
		return 0;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
