# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: sets in_namespace to the command that runs another in network and mount namespaces of its
# own, empty where none can be made. In a chroot the mount namespace is not to be had: without it,
# and without $OWN_MOUNTS, which whoever mounts has to look at.
# shellcheck disable=SC2034 # whoever sources this uses it
in_namespace=()
if [ "$(id -u)" = 0 ]; then
	namespace_choices=(-nm -n)
else
	namespace_choices=(-Urnm -Urn)
fi
for namespace_choice in "${namespace_choices[@]}"; do
	if unshare "$namespace_choice" true 2>/dev/null; then
		# shellcheck disable=SC2034
		in_namespace=(unshare "$namespace_choice")
		if [[ $namespace_choice = *m ]]; then
			in_namespace+=(env OWN_MOUNTS=yes)
		fi
		break
	fi
done
