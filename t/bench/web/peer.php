<?php
// The same page as the floor's, as one would write it for PHP-FPM with PDO.
$db = new PDO('mysql:unix_socket=' . $_SERVER['DB_SOCKET'] . ';dbname=peer;charset=utf8mb4', 'root', '',
	[PDO::ATTR_PERSISTENT => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
function h($s) { return htmlspecialchars((string)$s, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8'); }

$raw = base64_decode(strtr($_COOKIE['hawser'] ?? '', '-_', '+/'));
$q = $db->prepare('SELECT p.org_id, p.name, p.email, o.name AS org, s.csrf FROM session s JOIN person p ON p.id = s.person_id
	JOIN org o ON o.id = p.org_id WHERE s.token_hash = ? AND s.expires_at > NOW()');
$q->execute([hash('sha256', $raw, true)]);
$user = $q->fetch();
if (!$user) { http_response_code(403); exit; }
$q = $db->prepare('SELECT c.id, c.provider, c.name, c.account, c.state, r.started_at, r.state AS result, r.count_in, r.count_out, r.message
	FROM connection c LEFT JOIN run r ON r.id = (SELECT MAX(id) FROM run WHERE connection_id = c.id) WHERE c.org_id = ? ORDER BY c.id');
$q->execute([$user['org_id']]);
$rows = $q->fetchAll();
$pad = str_repeat('.', (int)$_SERVER['PAD']);
if ($_SERVER['REQUEST_URI'] === '/status') {
	header('Content-Type: application/json');
	foreach ($rows as &$row) $row['pad'] = $pad;
	echo json_encode(['connections' => $rows], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
	exit;
}
header('Content-Type: text/html; charset=utf-8');
?>
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Integrations</title><link rel="stylesheet" href="/app.css"></head>
<body><header><p><?= h($user['name']) ?> <?= h($user['email']) ?> <?= h($user['org']) ?></p></header><main><h1>Integrations</h1>
<?php foreach ($rows as $c): ?>
<article class="card" id="c-<?= $c['id'] ?>"><h3><?= h($c['name']) ?></h3><p><?= h($c['account']) ?></p><span class="badge badge-<?= h($c['state']) ?>"><?= h($c['state']) ?></span><dl><dt>last sync</dt><dd title="<?= h($c['started_at']) ?>"><?= h($c['started_at']) ?></dd><dt>result</dt><dd><?= h($c['result']) ?></dd><dt>in</dt><dd><?= $c['count_in'] ?></dd><dt>out</dt><dd><?= $c['count_out'] ?></dd></dl><p><?= h($c['message']) ?></p><form method="post" action="/connections/<?= $c['id'] ?>/sync"><input type="hidden" name="csrf" value="<?= h($user['csrf']) ?>"><button class="button">Sync now</button></form><?= $pad ?></article>
<?php endforeach ?>
</main></body></html>
