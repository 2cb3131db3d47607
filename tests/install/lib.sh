# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What the tests of packages share: Debian systems with apt in working order,
# and a way to use one of them up without harm to the next.  Source it.

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

XDF_INSTALL=$XDF_TOP/tests/install
XDF_PKG=$XDF_CACHE/package
mkdir -p "$XDF_PKG"

# with_lock NAME COMMAND...: one process at a time does this
with_lock() (
	exec 7>"$XDF_CACHE/lock-$1"
	flock 7
	shift
	"$@" 7>&-
)

# sources_of SUITE: lines of sources.list, as a user of that suite has them
sources_of() {
	local main security
	main=$(debian_site main) && security=$(debian_site security) || return 1
	echo "deb $main $1 main"
	case $1 in
	bullseye | bookworm | trixie) echo "deb $security $1-security main" ;;
	esac
	case $1 in
	bookworm | trixie) echo "deb $main $1-backports main" ;;
	esac
}

# apt_in CHROOT ARGUMENTS...: apt-get there; it asks nothing and fails loudly
apt_in() {
	local name=$1
	shift
	in_chroot "$name" apt-get -y -q -o Dpkg::Options::=--force-unsafe-io -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@" </dev/null
}

# apt_chroot NAME SUITE PACKAGE...: a Debian whose apt works, with these
# packages; made again when they change.  NAME.log tells how.
apt_chroot() {
	local name=$1 suite=$2 dir log stamp script=""
	shift 2
	dir=$(chroot_dir "$name")
	log=$dir.log
	stamp=$(echo "$suite $*" | sha256sum | cut -c1-16)
	[ "$(cat "$dir/xdf-ok" 2>/dev/null)" != "$stamp" ] || return 0
	need_root
	need_host debootstrap curl xz-utils
	say "making a Debian $suite with $# packages for $name (2 to 5 minutes, once)"
	rm -rf --one-file-system "$dir"
	# a debootstrap that is older than the suite takes it for unstable's like
	[ -e "/usr/share/debootstrap/scripts/$suite" ] || script=sid
	{
		# mounts of its own, so that nothing stays mounted when it is interrupted
		unshare --mount --propagation private debootstrap --variant=minbase --include=ca-certificates \
			"$suite" "$dir" "$(debian_site main)" $script &&
			sources_of "$suite" >"$dir/etc/apt/sources.list" &&
			echo 'APT::Install-Recommends "false";' >"$dir/etc/apt/apt.conf.d/90no-recommends" &&
			apt_in "$name" update &&
			apt_in "$name" install "$@" &&
			apt_in "$name" clean
	} >"$log" 2>&1 </dev/null || {
		tail -n 5 "$log" >&2
		die "could not make the Debian $suite for $name, see $log"
	}
	echo "$stamp" >"$dir/xdf-ok"
}

# package_chroot: where packages are built and examined
package_chroot() {
	with_lock package-chroot apt_chroot package trixie build-essential debhelper dh-dkms dkms lintian rpm rpmlint \
		mandoc man-db groff-base
}

# scratch NAME NEW COMMAND...: run COMMAND with NEW being a chroot that looks
# like NAME; what is written there is gone afterwards
scratch() {
	local base new over
	base=$(chroot_dir "$1") new=$(chroot_dir "$2")
	shift 2
	over=$(mktemp -d "$XDF_PKG/over.XXXXXX")
	mkdir -p "$over"/{up,work} "$new"
	(
		# the rest in a mount namespace: nothing stays mounted, however it ends
		export -f scratch_inside
		unshare --mount --propagation private bash -c 'scratch_inside "$@"' bash "$base" "$over" "$new" "$@"
	)
	local rc=$?
	rm -rf --one-file-system "$over"
	rmdir "$new" 2>/dev/null
	return $rc
}
# shellcheck disable=SC2317
scratch_inside() {
	local base=$1 over=$2 new=$3
	shift 3
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$over/up,workdir=$over/work" "$new" || exit 1
	"$@"
}

# --- Debian systems as users have them: dkms, and headers of what kernels fit

XDF_SUITES="bullseye bookworm trixie forky"
# suite_series SUITE: supported kernels that this release has
suite_series() {
	case $1 in
	bullseye) echo 5.10 ;;	# its 6.1 is in the lists, but no longer in the archive
	bookworm) echo 6.1 6.12 ;;
	trixie) echo 6.12 7.2 7.3 ;;
	forky) echo 7.2 ;;
	esac
}

# headers_in SUITE SERIES [cloud-]: name of the newest headers package
headers_in() {
	local s
	for s in "$1" "$1-security" "$1-backports"; do
		case $s in forky-*) continue ;; esac
		package_list "$s" amd64 2>/dev/null || true
	done | sed -nE "s/^(linux-headers-${2/./\\.}\.[0-9]+([-+][0-9a-z.+~]+)*-${3:-}amd64) .*/\1/p" |
		grep -vE "$([ -n "${3:-}" ] && echo rt- || echo 'cloud|rt-')" | sort -V | tail -n 1
}

# userland SUITE: the chroot install-SUITE
userland() {
	local suite=$1 s packages=()
	for s in $(suite_series "$suite"); do packages+=("$(headers_in "$suite" "$s")"); done
	packages+=("$(headers_in "$suite" "$s" cloud-)")
	[ -n "${packages[*]}" ] || die "no kernel headers in the package lists of $suite"
	with_lock "install-$suite" apt_chroot "install-$suite" "$suite" dkms kmod "${packages[@]}"
}
