#!/usr/bin/perl
# What the template compiler refuses, with file and line, and what it makes of
# control flow, partials and layouts (compiled and run).
use strict;
use warnings;
use Test::More;
use File::Temp;

my $top = $ENV{HAWSER_TOP} // '.';
my $build = $ENV{HAWSER_BUILD} // "$top/build";
my $dir = File::Temp->newdir;
mkdir "$dir/t";
mkdir "$dir/views";

sub put { my ($name, $text) = @_; open my $f, '>', "$dir/$name" or die; print $f $text; close $f }
sub tplc { my ($name) = @_; my $out = `'$build/tplc' '$dir/t/$name.html' '$dir/views' 2>&1`; return ($? >> 8, $out) }

put('t/frame.html', "{% param text title %}\n<h1>{{ title }}</h1>\n{% block body %}none{% end %}\n");
put('t/part.html', "{% param text label %}\n{% param int n %}\n<i>{{ label }}{{ n }}</i>");

# name, line, what the message says, template
my @refused = (
	['unquoted', 2, qr/unquoted/, "{% param text a %}\n<p class={{ a }}>"],
	['unquoted2', 2, qr/unquoted/, "{% param text a %}\n<p class=x{{ a }}>"],
	['handler', 1, qr/event handler/, "<p onclick=\"x()\">"],
	['handler2', 3, qr/event handler/, "{% param text a %}\n<p\nonClick='{{ a }}'>"],
	['handler3', 2, qr/event handler/, "{% param bool a %}\n<p {% if a %}onclick{% end %}>"],
	['script', 2, qr/inside <script>/, "{% param text a %}\n<script src=\"/x\">{{ a }}</script>"],
	['script2', 1, qr/inline script/, "<script>x()</script>"],
	['script3', 1, qr/text inside <script>/, "<script src=\"/x\">x()</script>"],
	['style', 2, qr/style/, "{% param text a %}\n<style>{{ a }}</style>"],
	['style2', 2, qr/'style'/, "{% param text a %}\n<p style=\"color: {{ a }}\">"],
	['tagname', 2, qr/tag's name/, "{% param text a %}\n<{{ a }}>"],
	['tagname2', 2, qr/tag's name/, "{% param text a %}\n<h{{ a }}>"],
	['attrname', 2, qr/attribute's name/, "{% param text a %}\n<p {{ a }}=\"x\">"],
	['attrname2', 2, qr/attribute's name/, "{% param text a %}\n<p data-{{ a }}=\"x\">"],
	['between', 2, qr/between/, "{% param text a %}\n<p {{ a }}>"],
	['comment', 2, qr/comment/, "{% param text a %}\n<!-- {{ a }} -->"],
	['scheme', 2, qr/scheme/, "{% param text a %}\n<a href=\"java{{ a }}\">"],
	['srcdoc', 1, qr/srcdoc|iframe/, "<iframe srcdoc=\"x\"></iframe>"],
	['srcset', 2, qr/srcset/, "{% param text a %}\n<img srcset=\"{{ a }}\">"],
	['refresh', 1, qr/http-equiv/, "<meta http-equiv=\"refresh\" content=\"0\">"],
	['branches', 2, qr/branches/, "{% param bool a %}\n<p class=\"x{% if a %}\">{% end %}\">"],
	['loop', 3, qr/branches/, "{% param list text a %}\n\n{% for x in a %}<p class=\"{% end %}"],
	['gap', 2, qr/space/, "{% param bool a %}\n<p {% if a %}hidden{% end %}x>"],
	['open', 1, qr/inside a tag/, "<p class=\"x\""],
	['raw', 2, qr/did not expect/, "{% param text a %}\n{{ a | raw }}"],
	['raw2', 2, qr/unknown/, "{% param text a %}\n{% raw a %}"],
	['unknown', 2, qr/has no 'b'/, "\n{{ b }}"],
	['member', 4, qr/row has no 'c'/, "{% struct row: text b %}\n{% param list row rows %}\n{% for r in rows %}\n{{ r.c }}{% end %}"],
	['type', 2, qr/different kinds/, "{% param int a %}\n{% if a == \"x\" %}{% end %}"],
	['order', 2, qr/numbers only/, "{% param text a %}\n{% if a < \"x\" %}{% end %}"],
	['bool', 2, qr/printed/, "{% param bool a %}\n{{ a }}"],
	['nolist', 2, qr/no list/, "{% param text a %}\n{% for x in a %}{% end %}"],
	['scope', 3, qr/has no 'x'/, "{% param list text a %}\n{% for x in a %}{% end %}\n{{ x }}"],
	['noend', 2, qr/missing/, "{% param bool a %}\n{% if a %}x"],
	['stray', 2, qr/nothing to end/, "x\n{% end %}"],
	['unclosed', 2, qr/without/, "x\n{{ a"],
	['twice', 2, qr/twice/, "{% param text a %}\n{% param int a %}"],
	['argtype', 2, qr/another type/, "\n{% include part label=3 %}"],
	['argname', 2, qr/no parameter/, "\n{% include part lable=\"x\" %}"],
	['place', 2, qr/not inside a tag/, "\n<p class=\"{% include part %}\">"],
	['nopart', 2, qr/cannot read/, "\n{% include nobody %}"],
	['outside', 3, qr/outside of any block/, "{% param frame f %}\n{% layout frame with f %}\nlost"],
	['noblock', 3, qr/no block/, "{% param frame f %}\n{% layout frame with f %}\n{% block bdoy %}x{% end %}"],
	['inblock', 3, qr/ends inside a tag/, "{% param frame f %}\n{% layout frame with f %}\n{% block body %}<p{% end %}"],
	['less', 1, qr/&lt;/, "a < b"],
);
for my $case (@refused) {
	my ($name, $line, $want, $text) = @$case;
	put("t/$name.html", $text);
	my ($status, $out) = tplc($name);
	ok($status == 1 && $out =~ m{/$name\.html:$line: error: .*$want}, "$name is refused at its line")
		or diag("exit $status: $out");
	ok(!-e "$dir/views/tpl_$name.c", 'and leaves nothing behind');
}

put('t/good.html', <<'T');
{# a comment with {{ braces }} #}
{% struct row: text name, int n, list text words, part part %}
{% param frame frame %}
{% param list row rows %}
{% param text url %}
{% param when at %}
{% param bool hot %}
{% layout frame with frame %}
{% block body %}
{% for r in rows %}
<a href="/x/{{ r.name }}?q={{ url }}"{% if r.n > 1 and not hot %} hidden{% end %} title='{{ r.name }}'>{{ r.name }}</a>
{% for w in r.words %}[{{ w }}]{% end %}
{% if r.n == 1 %}one{% elif r.n == 2 or hot %}two{% else %}many{% end %}
{% if r.part %}{% include part with r.part %}{% else %}{% include part label=r.name, n=7 %}{% end %}
{% end %}
<a href="{{ url }}">u</a><time datetime="{{ at }}"></time><textarea>
{{ url }}</textarea>
{% end %}
T
for my $name (qw(frame part good)) {
	my ($status, $out) = tplc($name);
	is($status, 0, "$name compiles") or diag($out);
}
put('main.c', <<'C');
#include <stdio.h>
#include "util/pool.h"
#include "views/tpl_good.h"
int main(void)
{
	struct pool *pool = pool_new(NULL);
	struct tpl_part part = { "<p>", 3 };
	static const char *const words[] = { "a&b", "c" };
	struct tpl_good_row rows[] = {
		{ "x\"y'z/ <", 1, words, 2, &part }, { "plain", 2, NULL, 0, NULL }, { NULL, 3 },
	};
	struct tpl_frame frame = { "T<" };
	struct tpl_good good = { &frame, rows, 3, "javascript:alert(1)", 0, false };
	struct str s;
	str_init(&s, pool, 100000);
	tpl_good(&s, &good);
	fputs(s.data, stdout);
	pool_free(pool);
	return 0;
}
C
my @libs = split ' ', `pkg-config --libs gnutls`;
my $cc = system('gcc', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-D_GNU_SOURCE',
	"-I$top/src", "-I$dir", "$dir/main.c", "$dir/views/tpl_part.c", "$dir/views/tpl_good.c", "$dir/views/tpl_frame.c",
	map({ "$top/src/$_" } qw(views/view.c util/pool.c util/str.c util/err.c util/when.c util/wall.c)), @libs, '-o', "$dir/main");
is($cc, 0, 'what it makes compiles without a warning');
my $page = `'$dir/main'`;
is($page, <<'H', 'the page');
<h1>T&lt;</h1>
<a href="/x/x%22y%27z%2F%20%3C?q=javascript%3Aalert%281%29" title='x&quot;y&#39;z/ &lt;'>x"y'z/ &lt;</a>
[a&amp;b][c]
one
<i>&lt;p&gt;3</i>
<a href="/x/plain?q=javascript%3Aalert%281%29" hidden title='plain'>plain</a>

two
<i>plain7</i>
<a href="/x/?q=javascript%3Aalert%281%29" hidden title=''></a>

many
<i>7</i>
<a href="#">u</a><time datetime="1970-01-01T00:00:00Z"></time><textarea>
javascript:alert(1)</textarea>

H
done_testing;
