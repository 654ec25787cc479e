# SPDX-License-Identifier: MIT
# The records as Markdown: a table for each scene, the live screen, the budget.
#
# awk -F'|' -v cores=N -f report.awk budget records: exits 1 when a line of the budget is missed by
# more than 5 %, else 3 when one was not measured, else 0. With -v against=PROGRAM, the ratios to that
# program stand in place of the budget: exits 1 when one is over 1.03.

function median(list, n,   i, j, x) {
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j > 0 && list[j] > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The median over the rounds of a figure, or of its ratio to another of the same round; how many
# rounds there were is in `counted`. A figure is "SCENE;PROGRAM;MEASURE".
function middle(figure, over,   round, list, n) {
	n = 0
	for (round in rounds)
		if ((figure, round) in value && (over == "" || value[over, round] > 0))
			list[++n] = value[figure, round] / (over == "" ? 1 : value[over, round])
	counted = n
	return n ? median(list, n) : 0
}

function cell(figure, over, divisor, digits,   x) {
	x = middle(figure, over)
	return counted ? sprintf("%.*f", digits, x / divisor) : "–"
}

function reason(figure,   part) {
	split(figure, part, ";")
	if ((part[1], part[2]) in why)
		return why[part[1], part[2]]
	if ((part[1], "-") in why)
		return why[part[1], "-"]
	return counted ? "only " counted " rounds" : "not asked for"
}

function once_table(scene,   i, p, key, floor, ss) {
	floor = scene ";floor;"
	ss = scene (scene ~ /processes$/ ? ";ss -tanp;" : ";ss -tan;")
	print "| program | wall ms | user ms | sys ms | RSS MB | wall / floor | wall / ss | CPU / floor | CPU / ss |"
	print "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
	for (i = 1; i <= programs[scene]; i++) {
		p = program[scene, i]
		key = scene ";" p ";"
		if ((scene, p) in why) {
			print "| `" p "` | not measured: " why[scene, p] " | | | | | | | |"
			continue
		}
		print "| `" p "` | " cell(key "wall", "", 1000, 1) " | " cell(key "user", "", 1000, 1) \
			" | " cell(key "sys", "", 1000, 1) " | " cell(key "rss", "", 1024, 1) \
			" | " cell(key "wall", floor "wall", 1, 2) " | " cell(key "wall", ss "wall", 1, 2) \
			" | " cell(key "cpu", floor "cpu", 1, 2) " | " cell(key "cpu", ss "cpu", 1, 2) " |"
	}
}

function live_table(scene,   few) {
	few = "live 100;keys;"
	print "| | |"
	print "|---|---:|"
	print "| CPU of one tick | " cell(scene ";tick;cpu", "", 1000, 1) " ms |"
	print "| CPU of the floor | " cell(scene ";floor;cpu", "", 1000, 1) " ms |"
	print "| memory | " cell(scene ";tick;rss", "", 1024, 1) " MB |"
	print "| memory, paused | " cell(scene ";paused;rss", "", 1024, 1) " MB |"
	print "| memory, after the pause | " cell(scene ";resumed;rss", "", 1024, 1) " MB |"
	print "| key to repaint, median, p99, most | " keys(scene ";keys;") " |"
	print "| the same with 100 sockets | " keys(few) " |"
}
function keys(key) {
	return cell(key "middle", "", 1000, 2) ", " cell(key "p99", "", 1000, 2) ", " \
		cell(key "most", "", 1000, 2) " ms"
}

function tempo_table(scene) {
	print "| | |"
	print "|---|---:|"
	print "| CPU of a second | " cell(scene ";screen;cpu", "", 1, 0) " ms |"
	print "| memory | " cell(scene ";screen;rss", "", 1024, 1) " MB |"
	print "| a CLOSE_WAIT is on the screen, worst | " cell(scene ";CLOSE_WAIT;worst", "", 1, 0) " ms |"
	print "| a queue of a listener, worst | " cell(scene ";queue of a listener;worst", "", 1, 0) " ms |"
}

function idle_table(scene,   i, p, key) {
	print "| program | CPU ms a minute | bytes a minute | RSS MB | start to first full screen, ms |"
	print "|---|---:|---:|---:|---:|"
	for (i = 1; i <= programs[scene]; i++) {
		p = program[scene, i]
		key = scene ";" p ";"
		print "| " p " | " cell(key "cpu", "", 1000 * minute, 1) " | " \
			(p == "floor" ? "–" : cell(key "bytes", "", minute, 0)) " | " \
			cell(key "rss", "", 1024, 1) " | " cell("start;" p ";wall", "", 1000, 1) " |"
	}
}

# One line of the budget, with its verdict.
function judge(i,   limit, x, verdict, digits, unmeasured) {
	split(limits[i], limit, "/")
	if (cores < 2 && 2 in limit)
		limit[1] = limit[2]
	x = middle(figure[i], relative[i])
	digits = limit[1] < 10 ? 2 : 0
	if (counted < 5 || limit[1] == "-") {
		unmeasured = limit[1] == "-" ? "needs two cores" : reason(figure[i])
		if (unmeasured ~ /^(not asked|only)/ && relative[i] != "")
			unmeasured = reason(relative[i])
		verdict = "not measured: " unmeasured
		absent = 1
		printf "| %s | – | %s %s | %s |\n", what[i], limit[1], unit[i], verdict
		return
	}
	verdict = x <= limit[1] ? "ok" : x <= limit[1] * 1.05 ? "ok, within 5 %" : "**missed**"
	if (x > limit[1] * 1.05)
		missed = 1
	printf "| %s | %.*f | ≤ %s %s | %s |\n", what[i], digits, x, limit[1], unit[i], verdict
}

# The medians of each figure of this program over that of the other in the same round.
function compare(   s, i, m, p, q, measures, n, x) {
	print "\n### Against `" against "`\n"
	print "| scene | what | measure | rounds | ratio | |"
	print "|---|---|---|---:|---:|---|"
	n = split("cpu wall rss bytes middle p99", measures, " ")
	for (s = 1; s <= n_scenes; s++)
		for (i = 1; i <= programs[scenes[s]]; i++) {
			p = program[scenes[s], i]
			if (p !~ /^before/)
				continue
			q = p
			if (p == "before" || p ~ /^before -/)
				sub(/^before/, "tcptop", q)
			else
				sub(/^before /, "", q)
			for (m = 1; m <= n; m++) {
				x = middle(scenes[s] ";" q ";" measures[m], scenes[s] ";" p ";" measures[m])
				if (!counted)
					continue
				print "| " scenes[s] " | `" q "` | " measures[m] " | " counted " | " \
					sprintf("%.3f", x) " | " (x > 1.03 ? "**slower**" : "ok") " |"
				if (x > 1.03)
					missed = 1
			}
		}
}

FNR == NR {
	if ($0 !~ /^#/) {
		lines++
		what[lines] = $1; limits[lines] = $2; unit[lines] = $3
		figure[lines] = $4; relative[lines] = $5
	}
	next
}
!($1 in programs) { scenes[++n_scenes] = $1; programs[$1] = 0 }
$3 != "-" && !(($1, $3) in known) { known[$1, $3] = 1; program[$1, ++programs[$1]] = $3 }
$4 == "missing" { why[$1, $3] = $5; next }
$4 == "note" { notes[$1] = $5; next }
$2 != "-" { value[$1 ";" $3 ";" $4, $2] = $5; rounds[$2] = 1 }

END {
	for (s = 1; s <= n_scenes; s++) {
		scene = scenes[s]
		if (scene == "start" || scene == "live 100")
			continue
		heading = scene
		if (scene == "idle")
			heading = "Left open, 100 ESTABLISHED"
		else if (scene ~ /^live /)
			heading = "The live screen, " substr(scene, 6) " ESTABLISHED"
		else if (scene ~ /^tempo /)
			heading = "The live screen as it comes, " substr(scene, 7) " ESTABLISHED"
		print "\n### " heading "\n"
		if (scene in notes)
			print notes[scene] "\n"
		if ((scene, "-") in why)
			print "Not measured: " why[scene, "-"]
		else if (scene == "idle")
			idle_table(scene)
		else if (scene ~ /^live /)
			live_table(scene)
		else if (scene ~ /^tempo /)
			tempo_table(scene)
		else
			once_table(scene)
	}
	if (against != "") {
		compare()
		exit missed
	}
	print "\n### Budget\n"
	print "| what | measured | budget | |"
	print "|---|---:|---:|---|"
	for (i = 1; i <= lines; i++)
		judge(i)
	exit missed ? 1 : absent ? 3 : 0
}
