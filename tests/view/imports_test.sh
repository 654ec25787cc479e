#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that the output of other programs in tests/data/imports is read as a person has checked it:
# NAME.txt gives the rows, the lines of each kind and the exit code of NAME.expected. UPDATE=1
# rewrites them; then look at the difference.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
directory=tests/data/imports
columns=proto,local_addr,local_port,remote_addr,remote_port,state,timer,expires_ms,recv_q,send_q,uid
columns+=,inode,cookie,ifindex,netns,pid,pids,process,owner
n=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
getent services ssh http https domain >/dev/null || { echo "1..0 # SKIP no names of services"; exit 0; }

# What tcptop makes of a file: its rows, what it says of the lines, its exit code.
answer() {
	local code summary
	"$B/tcptop" --no-config --read "$1" --once --format csv --columns "$columns" 2>/dev/null
	code=$?
	summary=$("$B/tcptop" --no-config --read "$1" --once --format json --summary 2>/dev/null)
	[[ ! $summary =~ .*('"total":'[0-9]+).*('"complete":'[a-z]+).*('"import":'.*),'"version"' ]] ||
		summary="${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[3]}"
	[ -z "$summary" ] || echo "$summary"
	echo "exit $code"
}

mkdir "$folder/new" "$folder/known" || exit 1
for file in "$directory"/*.txt; do
	name=${file##*/}
	answer "$file" >"$folder/new/${name%.txt}.expected"
done
[ -z "${UPDATE:-}" ] || cp "$folder"/new/*.expected "$directory"
differing=$(diff -rq --exclude='*.txt' "$directory" "$folder/new")
for file in "$directory"/*.txt; do
	name=${file##*/}
	name=${name%.txt}
	n=$((n + 1))
	if [[ $differing != *"/$name.expected "* && $differing != *": $name.expected"* ]]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		diff -u "$directory/$name.expected" "$folder/new/$name.expected" 2>&1 | sed 's/^/# /'
	fi
done

# What people put around it, or what put it somewhere, changes no row.
samples=(linux_ss_tanpi linux_netstat_tanp linux_lsof_nPiTCP linux_proc_net_tcp macos_netstat_an
	freebsd_netstat_AanP win_de_an win_ko_ano win_powershell_list)
rows() { "$B/tcptop" --no-config --read "$1" --once --format csv --columns "$columns" 2>/dev/null; }
source=$directory # of NAME.txt; their rows are in $folder/known
for file in "$directory"/*.expected; do
	grep -av -e '^"total"' -e '^exit ' "$file" >"$folder/known/${file##*/}"
done
decorated() { # decorated WHAT COMMAND…: which makes it of standard input
	local name difference rows
	n=$((n + 1))
	for name in "${samples[@]}"; do
		mapfile -t rows <"$folder/known/$name.expected"
		printf '%s\n' "of $name:" "${rows[@]}"
	done >"$folder/wanted"
	for name in "${samples[@]}"; do
		echo "of $name:"
		"${@:2}" <"$source/$name.txt" | rows -
	done >"$folder/got"
	difference=$(diff "$folder/wanted" "$folder/got") || echo -n 'not '
	echo "ok $n - the same rows: $1"
	[ -z "$difference" ] || sed 's/^/# /' <<<"$difference"
}
decorated 'numbered lines' cat -n
decorated 'lines that grep -n found' grep -n ''
decorated 'times of a log' sed 's/^/2026-11-29 03:12:01 /'
decorated 'times in brackets' sed 's|^|[2026/11/29 3:12:01] |'
decorated 'syslog' sed 's/^/Nov 29 03:12:01 web-01 dump[1234]: /'
decorated 'a container that logged it' sed 's/^/web_1  | /'
decorated 'a list' sed 's/^/- /'
decorated 'a quoted mail' sed 's/^/> > /'
decorated 'a code block of Markdown' sed -e '1i Please help:\n```console' -e '$a ```\nWhat is wrong?'
decorated 'an indented code block' sed 's/^/    /'
decorated 'a web page' sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/$/<br>/; 1s/^/<pre>/'
decorated 'strings' sed 's/"/\\"/g; s/.*/"&"/'
decorated 'a pane of tmux' sed 's/^/│/; s/$/│/'
decorated 'tabs' sed -E 's/ {2,}/\t/g'
decorated 'hyphens of a word processor' sed 's/-/‑/g'
decorated 'UTF-16 without a mark' iconv -f UTF-8 -t UTF-16LE
decorated 'UTF-16 of the other order' iconv -f UTF-8 -t UTF-16BE
decorated 'empty lines between' sed G

# grep has put the name of its file before each line, with a hyphen where the line stands near one
# that was looked for.
near() { sed -E 's/^/my-dump.txt:/; 2~3s/^my-dump.txt:/my-dump.txt-/'; }
samples+=(win_powershell win_powershell_csv win_powershell_csv_de win_en_abno aix_netstat_Aan macos_lsof
	solaris_netstat_aun freebsd_netstat_aT_and_Lan)
decorated 'lines of a file that grep names' near
decorated 'files with numbers' grep -nH ''
decorated 'numbered lines of every format' nl -ba

# The same where no names of columns tell where the rows begin.
samples=(linux_ss_tanpi linux_ss_tan_noheader_state linux_netstat_tanp linux_lsof_nPiTCP macos_lsof
	linux_proc_net_tcp linux_proc_net_tcp6 freebsd_netstat_AanP aix_netstat_Aan solaris_netstat_an
	win_en_abno win_powershell_list linux_ss_tan_wrapped)
headings='^[[:space:]]*(Proto|State|Netid|COMMAND|sl |Tcpcb|Active|Socket|PCB|TCP:|UDP:|Local |---|Recv-Q)'
for name in "${samples[@]}"; do
	grep -avE "$headings" "$directory/$name.txt" >"$folder/$name.txt"
	rows - <"$folder/$name.txt" >"$folder/known/$name.expected"
done
source=$folder
decorated 'rows alone in a file that grep names' near
decorated 'rows alone in a file whose name could be an address' sed 's/^/abc:/'
decorated 'rows alone, a file with numbers' grep -nH ''
decorated 'rows alone, numbered' cat -n
decorated 'rows alone, of syslog' sed 's/^/Nov 29 03:12:01 web-01 dump[1234]: /'

# The name says nothing about the format, and neither does a pipe.
n=$((n + 1))
if difference=$("$B/tcptop" --no-config --read - --once --format csv --columns "$columns" 2>/dev/null \
	<"$directory/linux_ss_tanpi.txt" |
	diff - <(grep -v -e '^"total"' -e '^exit ' "$directory/linux_ss_tanpi.expected")); then
	echo "ok $n - a pipe gives the same rows"
else
	echo "not ok $n - a pipe gives the same rows"
	printf '%s\n' "$difference" | sed 's/^/# /'
fi
# One list without the limits of listeners: whether a queue is full, and whether nobody accepts, is open.
n=$((n + 1))
unchecked=$("$B/tcptop" --no-config --read "$directory/linux_proc_net_tcp6.txt" --doctor --json 2>/dev/null |
	tail -n 1)
if [[ $unchecked = *'"accept_queue":"'* && $unchecked = *'"accept_stalled":"'* && $unchecked != *'"close_wait":"'* ]]; then
	echo "ok $n - what waits in a queue whose limit is not told is not judged"
else
	echo "not ok $n - what waits in a queue whose limit is not told is not judged"
	printf '# %s\n' "$unchecked"
fi
# netstat of Windows tells pids and no names: each process is a group, and Enter shows its rows.
grouped() { "$B/tcptop" --no-config --lang en --read "$directory/win_ko_ano.txt" --group-by process "$@" 2>/dev/null; }
opened() { # opened KEY…: the title of the table that the group shows
	printf '%s\n' "$@" >"$folder/keys"
	grouped --size 100x16 --keys "$folder/keys" --dump text | sed -nE 's/^━ (SOCKETS [^━]*[^ ━]) ━.*/\1/p'
}
n=$((n + 1))
got=$(
	grouped --once | awk 'NR > 1 { print $1, $2 }'
	grouped --once --json | sed -nE 's/.*"by":"process"(,"key":([^,]*))?,"total":([0-9]+).*/json \2 \3/p'
	grouped --once --format csv | sed -nE '2,$ s/^([^,]*),([0-9]+),.*/csv \1 \2/p'
	opened Enter
	opened Down Enter
	opened End Enter
)
wanted='17240 3
4 1
1096 1
9032 1
– 1
json 17240 3
json 4 1
json 1096 1
json 9032 1
json  1
csv 17240 3
csv 4 1
csv 1096 1
csv 9032 1
csv  1
SOCKETS  3 of 7   pid:17240 process:-
SOCKETS  1 of 7   pid:4 process:-
SOCKETS  1 of 7   pid:-'
if difference=$(diff <(echo "$wanted") <(echo "$got")); then
	echo "ok $n - processes without names are grouped by pid"
else
	echo "not ok $n - processes without names are grouped by pid"
	printf '%s\n' "$difference" | sed 's/^/# /'
fi
echo "1..$n"
