# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What build-module, dkms-module and matrix share.  Source it.

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

# What a module is built from, and what dkms and packages need besides
TREE_BUILD="Kbuild dkms.conf compat"
TREE_DKMS="Kbuild Makefile COPYING dkms.conf compat debian"
TREE_SOURCE="src include"

# tree_files DIR PATH...: what git knows or would add; a plain directory whole
tree_files() {
	local dir=$1 f
	shift
	(
		cd "$dir" || exit 1
		if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
			git ls-files --cached --others --exclude-standard -- "$@"
		else
			for f in "$@"; do [ ! -e "$f" ] || find "$f" -type f; done
		fi | while read -r f; do [ ! -e "$f" ] || printf '%s\n' "$f"; done
	)
}

# sync_tree TARGET SOURCE PATHS: copy PATHS of the working tree and src/,
# include/ of SOURCE.  Files that are the same stay untouched, so that make
# sees what is old; sources that are gone are removed.
sync_tree() {
	local target=$1 source=$2 paths=$3 from f list
	list=$(mktemp)
	mkdir -p "$target"
	for from in "$XDF_TOP|$paths" "$source|$TREE_SOURCE"; do
		# shellcheck disable=SC2086
		tree_files "${from%|*}" ${from#*|} | while read -r f; do
			printf '%s\n' "$f" >>"$list"
			cmp -s "${from%|*}/$f" "$target/$f" && continue
			mkdir -p "$target/$(dirname "$f")"
			cp "${from%|*}/$f" "$target/$f"
		done
	done
	(cd "$target" && find . -path ./compat/generated -prune -o -type f \
		\( -name '*.[ch]' ! -name '*.mod.c' ! -name '.*' -o -name '*.mk' \) -printf '%P\n') |
		{ grep -vxFf "$list" || true; } | while read -r f; do rm -f "$target/$f"; done
	rm -f "$list"
}

# ready_kernel SERIES ARCH [ABI]: chroot and headers; prints the ABI.  One at
# a time may make a chroot or unpack into it.
ready_kernel() (
	exec 9>"$XDF_CACHE/chroot/$(kernel_chroot "$1").lock"
	flock 9
	build_chroots "$1" >&2
	cross_compiler "$1" "$2" || die "no compiler for $2"
	kernel_headers "$@" || die "no kernel headers for $1 $2 in the package lists"
)

# gnu_type ARCH: nothing for amd64
gnu_type() {
	case $(debian_arch "$1") in
	arm64) echo aarch64-linux-gnu ;;
	i386) echo i686-linux-gnu ;;
	armhf) echo arm-linux-gnueabihf ;;
	esac
}

# cross_compiler SERIES ARCH: into the chroot, which has that of arm64 from the start
cross_compiler() {
	local chroot gnu gcc=14
	case $2 in 686-pae | armmp) ;; *) return 0 ;; esac
	chroot=$(kernel_chroot "$1")
	gnu=$(gnu_type "$2")
	case $1 in 5.10) gcc=10 ;; 6.1) gcc=12 ;; esac
	[ ! -e "$(chroot_dir "$chroot")/usr/bin/$gnu-gcc-$gcc" ] || return 0
	say "installing gcc-$gcc-$gnu in the chroot $chroot"
	in_chroot "$chroot" sh -c 'apt-get update -q && exec apt-get install -y -q --no-install-recommends "$1"' \
		sh "gcc-$gcc-$gnu" >"$XDF_CACHE/apt.log" 2>&1
}

# cross SERIES ARCH: sets cross_env (environment) and cross_args (for make)
cross() {
	local gnu
	cross_env=() cross_args=()
	gnu=$(gnu_type "$2")
	[ -n "$gnu" ] || return 0
	cross_env=(DEB_BUILD_ARCH=amd64 "DEB_HOST_ARCH=$(debian_arch "$2")" "DEB_HOST_GNU_TYPE=$gnu")
	# 6.1's headers ask for its compiler without saying for which machine.
	[ "$1" != 6.1 ] || cross_args=("CC=$gnu-gcc-12")
}

# module_version: the one in dkms.conf
module_version() { sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$XDF_TOP/dkms.conf"; }
