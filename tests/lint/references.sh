#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Check that the files and functions which comments and the READMEs name exist.
#
# A file is a word that ends in .c, .h, .def, .sh, .awk, .ini or .md, or begins with src, include, tests
# or config; in a README a folder, a word that ends in a slash, counts too. A path may begin at any
# folder, and need not name the .c of a program. A function is a word before `()`; it exists when code
# (for comments of src and include: of the program) defines or calls it. What lies outside the tree is
# in outside.txt. A word with NAME in it stands for a name that the reader chooses.
set -u
cd "$(dirname "$0")/../.." || exit 1
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

list() { # list [EXPRESSION…]: files of the tree for which the expression of find(1) holds
	find . \( -path ./build -o -path ./.git \) -prune -o -type f "$@" -print | sed "s|^\./||"
}
list \( -path "./src/*" -o -path "./include/*" \) \( -name "*.[ch]" -o -name "*.def" \) \
	>"$work/program"
list -path "./tests/*" -name "*.[ch]" >"$work/tests"
list \( -name "*.sh" -o -name "*.awk" -o -name "*.ini" -o -name Makefile -o -path ./.ci/run \) >"$work/scripts"

text='"(?:\\.|[^"\\\n])*+"|'"'(?:\\\\.|[^'\\\\\\n])*+'"
comment='/\*(?:[^*]|\*(?!/))*+\*/|//[^\n]*'
comments() { xargs -r grep -zoPH "(?:$text)(*SKIP)(*F)|$comment" | tr '\n\0' ' \n'; } # FILE:COMMENT, a line each
called() { xargs -r grep -zohP "(?:$text|$comment)(*SKIP)(*F)|\b[A-Za-z_]\w*(?=\s*\()" | tr '\0' '\n'; }

called <"$work/program" | sort -u >"$work/program-functions"
{ called <"$work/tests"
	xargs grep -ohE '^[[:space:]]*\w+\(\)' <"$work/scripts" | tr -d '() \t'; } |
	sort -u - "$work/program-functions" >"$work/all-functions"
sed -E '/^(#|$)/d; s/[[:space:]].*//' tests/lint/outside.txt | sort >"$work/outside"
# Each path with every beginning left off, files and folders.
list | sed -E 'p; :up; s|/[^/]*$|/|; p; s|/$||; t up' |
	sed -E 'p; :down; s|^[^/]+/(.)|\1|; p; t down' | sort -u >"$work/paths"

words() { # words PATTERN: FILE WORD for each match in lines FILE:TEXT
	awk -v pattern="$1" '{
		colon = index($0, ":"); file = substr($0, 1, colon - 1); rest = substr($0, colon + 1)
		while (match(rest, pattern)) {
			word = substr(rest, RSTART, RLENGTH)
			before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : " "
			rest = substr(rest, RSTART + RLENGTH)
			after = substr(rest, 1, 1)
			if (before !~ /[A-Za-z0-9_$*{}%\\<~./]/ && after !~ /[A-Za-z0-9_*]/ && word !~ /NAME/)
				print file, word
		}
	}'
}
missing() { # missing KNOWN…: lines FILE WORD whose word is in no file KNOWN, nor outside
	sort -u | awk '
		FILENAME == "-" { found[$0]; next }
		{ known[$0] }
		FILENAME ~ /outside$/ && /\/$/ { folder[$0] }
		END {
			for (line in found) {
				split(line, part); name = part[2]; sub(/\(\)$/, "", name); sub(/^[.\/]+/, "", name)
				here = name in known || name "/" in known || name ".c" in known
				for (place in folder) here = here || index(name, place) == 1
				if (!here) print "lint: " part[1] " names " part[2] ", which is not there"
			}
		}' "$@" "$work/outside" -
}
file_word='[A-Za-z0-9_./-]*[A-Za-z0-9_]\.(c|h|def|sh|awk|ini|md)'
{
	comments <"$work/program" >"$work/program-comments"
	comments <"$work/tests" >"$work/tests-comments"
	xargs grep -HoE '(^|[[:space:]])[#;] .*' <"$work/scripts" >>"$work/tests-comments"
	list -name README.md | xargs grep -H '' >"$work/readmes"
	cat "$work"/*-comments "$work/readmes" | words "$file_word" | missing "$work/paths"
	words '[A-Za-z0-9_-][A-Za-z0-9_./-]*/' <"$work/readmes" | missing "$work/paths"
	cat "$work"/*-comments "$work/readmes" |
		words '(src|include|tests|config)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' | missing "$work/paths"
	words '[A-Za-z_][A-Za-z0-9_]*[(][)]' <"$work/program-comments" | missing "$work/program-functions"
	cat "$work/tests-comments" "$work/readmes" | words '[A-Za-z_][A-Za-z0-9_]*[(][)]' |
		missing "$work/all-functions"
	while read -r name; do
		grep -qF -- "$name" "$work"/*-comments "$work/readmes" ||
			echo "lint: tests/lint/outside.txt has $name, which nothing names"
	done <"$work/outside"
} | sort -u >"$work/found"
cat "$work/found"
[ ! -s "$work/found" ]
