# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: ss_tcp lists TCP sockets as ss does, but the same ones with every version of it.
#
# From iproute2 6.9 on, ss asks the kernel for two more states than before. With TCP_BOUND_INACTIVE
# it lists sockets that are bound and neither listen nor connect (as UNCONN; Linux 6.8), which the
# dump that tcptop and older versions ask for does not have. TCP_NEW_SYN_RECV is another name of
# SYN_RECV which "exclude syn-recv", "exclude bucket" and "state big" leave set, so that they list
# what they say they do not.
# shellcheck disable=SC2034 # whoever sources this uses it
if ss -Htn state bound-inactive >/dev/null 2>&1; then
	no_bound=(exclude bound-inactive)
else
	no_bound=()
fi

# ss_tcp [OPTION]… [state STATE]… [EXPRESSION]: no option may have an argument
ss_tcp() {
	local first=() without=''
	while [[ ${1:-} = -* ]]; do
		first+=("$1")
		shift
	done
	while [[ ${1:-} = @(state|exclude|excl) ]]; do
		if [ ${#no_bound[@]} != 0 ]; then
			case "$1 $2" in 'excl'*' syn-r'*'v' | 'excl'*' bucket' | 'state big') without='^SYN-RECV' ;; esac
		fi
		first+=("$1" "$2")
		shift 2
	done
	if [ -z "$without" ]; then
		ss "${first[@]}" "${no_bound[@]}" "$@"
		return
	fi
	ss "${first[@]}" "${no_bound[@]}" "$@" | grep -v -- "$without"
	return "${PIPESTATUS[0]}"
}
