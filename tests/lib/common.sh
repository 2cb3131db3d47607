# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What every test script shares: where the cache is, how to speak, how to get
# Debian packages, chroots and kernels.  Source it; it does nothing by itself.
#
# The mirror is whatever the machine's apt uses.  Nothing names a host or pins
# a version: "newest" is looked up in the suites' package lists.

XDF_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
XDF_CACHE=${XDF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-drm-front}
XDF_SERIES=${XDF_SERIES:-5.10 6.1 6.12 7.2 7.3}
mkdir -p "$XDF_CACHE"/{debs,lists,chroot,kernel}

# say TEXT: progress, with the seconds since the script began
say() { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_root: most of what we do is chroot, mount and debootstrap
need_root() { [ "$(id -u)" = 0 ] || die "this needs root (chroots and mounts); run it as root"; }

# need_host PACKAGE...: install what the host lacks, and say so
need_host() {
	local p missing=()
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	need_root
	say "installing on this machine: ${missing[*]}"
	{ apt-get update -q &&
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } \
		>"$XDF_CACHE/apt.log" 2>&1 || {
		tail -n 5 "$XDF_CACHE/apt.log" >&2
		die "apt-get install ${missing[*]} failed, see $XDF_CACHE/apt.log"
	}
}

# debian_site main|security: base address of the archive, from apt
debian_site() {
	local want=$1 site
	site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
		awk -v w="$want" '$2 ~ /-security$/ { k = "security" }
			$2 ~ /^[a-z]+$/ && $1 ~ /\/debian\/?$/ { k = "main" }
			k == w { print $1; exit } { k = "" }')
	[ -n "$site" ] || die "apt has no Debian $want archive configured (see /etc/apt/sources.list*)"
	printf '%s\n' "$site"
}

# archive_of SUITE: the site that has it
archive_of() { case $1 in *-security) debian_site security ;; *) debian_site main ;; esac; }

# debian_arch ARCH: everywhere ARCH may be a flavour of kernels of Debian's, too: arm64-16k,
# with pages of 16 KiB; 686-pae and armmp, with 32 bits
debian_arch() {
	case $1 in
	arm64-16k) echo arm64 ;;
	686-pae) echo i386 ;;
	armmp) echo armhf ;;
	*) echo "$1" ;;
	esac
}

# package_list SUITE ARCH: lines "package version file site", at most a day old
package_list() {
	local suite=$1 arch list site
	arch=$(debian_arch "$2")
	list=$XDF_CACHE/lists/$suite-$arch
	if [ ! -s "$list" ] || [ -n "$(find "$list" -mmin +1440)" ]; then
		site=$(archive_of "$suite") || return 1
		if curl -fsSL --retry 3 "$site/dists/$suite/main/binary-$arch/Packages.xz" | xz -dc |
			awk -v s="$site" '/^Package:/ { p = $2 } /^Version:/ { v = $2 } /^Filename:/ { f = $2 }
				/^$/ { print p, v, f, s }' >"$list.$$" && [ -s "$list.$$" ]; then
			mv "$list.$$" "$list"
		else
			rm -f "$list.$$"
			[ -s "$list" ] || return 1	# an old list is better than none
		fi
	fi
	cat "$list"
}

# fetch_deb PACKAGE SUITE ARCH: path of the newest one, downloaded once
fetch_deb() {
	local file site deb
	read -r _ _ file site < <(package_list "$2" "$3" | awk -v n="$1" '$1 == n' | sort -k2,2V | tail -n 1) || return 1
	[ -n "$file" ] || return 1
	deb=$XDF_CACHE/debs/$(basename "$file")
	if [ ! -s "$deb" ]; then
		curl -fsSL --retry 3 -o "$deb.$$" "$site/$file" || { rm -f "$deb.$$"; return 1; }
		mv "$deb.$$" "$deb"
	fi
	printf '%s\n' "$deb"
}

# unpack_deb DEB DIR: merges with symlinked /lib and the like
unpack_deb() { mkdir -p "$2" && dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"; }

# chroot_dir NAME
chroot_dir() { printf '%s\n' "$XDF_CACHE/chroot/$1"; }

# make_chroot NAME SUITE PACKAGE...: a minimal Debian, made again when the
# list of packages changes
make_chroot() {
	local name=$1 suite=$2 dir stamp pkgs
	shift 2
	dir=$(chroot_dir "$name")
	pkgs=$(printf '%s,' "$@")
	stamp=$(printf '%s %s' "$suite" "$pkgs" | sha256sum | cut -c1-16)
	[ "$(cat "$dir/xdf-ok" 2>/dev/null)" = "$stamp" ] && return 0
	need_root
	need_host debootstrap curl xz-utils
	say "making a Debian $suite chroot for $name (2 minutes, once)"
	rm -rf --one-file-system "$dir"
	if ! debootstrap --variant=minbase --include="${pkgs%,}" "$suite" "$dir" "$(debian_site main)" \
		>"$dir.log" 2>&1; then
		tail -n 5 "$dir.log" >&2
		die "debootstrap $suite failed, see $dir.log"
	fi
	printf '%s\n' "$stamp" >"$dir/xdf-ok"
}

# in_chroot NAME [VAR=value...] COMMAND...: clean environment, own /proc and
# /dev (objtool of 7.x reads /proc), nothing of it left on the host
in_chroot() {
	local dir
	dir=$(chroot_dir "$1")
	shift
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child /bin/sh -c '
		mount --make-rprivate / 2>/dev/null
		mount -t proc proc "$1/proc"
		mount -t tmpfs tmpfs "$1/dev"
		for n in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
			mknod -m 666 "$1/dev/${n% *}" c 1 "${n#* }"
		done
		ln -s /proc/self/fd "$1/dev/fd"
		d=$1; shift
		exec chroot "$d" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"' sh "$dir" "$@"
}

# kernel_suites SERIES: where Debian keeps that series, the preferred first
kernel_suites() {
	case $1 in
	5.10) echo bullseye-security bullseye ;;
	6.1) echo bookworm-security bookworm ;;
	6.12) echo trixie-security trixie ;;
	*) echo trixie-backports sid experimental ;;
	esac
}

# kernel_chroot SERIES: the chroot whose compiler and libc fit its headers
kernel_chroot() { case $1 in 5.10) echo bullseye ;; debug | kcsan) echo debug ;; *) echo trixie ;; esac; }

# build_chroots [SERIES...]: the chroots in which modules are compiled
build_chroots() {
	local s
	for s in "$@"; do
		case $(kernel_chroot "$s") in
		bullseye)
			make_chroot bullseye bullseye make gcc-10 libc6-dev libelf1 libssl1.1 bc kmod \
				binutils perl-base xz-utils dkms gcc-10-aarch64-linux-gnu ;;
		trixie)
			make_chroot trixie trixie make gcc-14 gcc-12 libc6-dev libelf1t64 libssl3t64 zlib1g \
				pahole bc kmod binutils perl-base xz-utils dkms gcc-14-aarch64-linux-gnu \
				gcc-12-aarch64-linux-gnu binutils-aarch64-linux-gnu gcc-14-for-host ;;
		debug) debug_chroot ;;
		esac
	done
}

# kernel_abis SERIES ARCH: ABIs with headers in the package lists; suite by
# suite in the order of kernel_suites, newest first in each
kernel_abis() {
	local s
	for s in $(kernel_suites "$1"); do
		{ package_list "$s" "$2" || true; } |
			sed -nE "s/^linux-headers-(${1/./\\.}\.[0-9]+([-+][0-9a-z.+~]+)*-$2) .*/\1/p" |
			grep -vE 'cloud|rt-|~rc' | sort -Vru
	done | awk '!seen[$0]++'
}

# fetch_any PACKAGE ARCH SERIES: from the first suite of the series that has it
fetch_any() {
	local s
	for s in $(kernel_suites "$3"); do fetch_deb "$1" "$s" "$2" 2>/dev/null && return; done
	return 1
}

# kernel_headers SERIES ARCH [ABI]: unpack the newest (or that) headers into
# the chroot; prints the ABI
kernel_headers() {
	local series=$1 arch=$2 dir abi base rt deb debs kb
	case $series in debug | kcsan) debug_kernel "$series"; return ;; esac
	dir=$(chroot_dir "$(kernel_chroot "$series")")
	for abi in ${3:-$(kernel_abis "$series" "$arch")}; do
		if [ ! -e "$dir/usr/src/linux-headers-$abi/.xdf-ok" ]; then
			base=${abi%-"$arch"} debs=() rt=
			# the real-time flavour has its own headers, and the tools of the others
			case $base in *-rt) base=${base%-rt} rt=-rt ;; esac
			kb=linux-kbuild-$base
			deb=$(fetch_any "linux-headers-$abi" "$arch" "$series") && debs+=("$deb") || continue
			deb=$(fetch_any "linux-headers-$base-common$rt" "$arch" "$series") && debs+=("$deb") || continue
			deb=$(fetch_any "$kb" amd64 "$series" || fetch_any "linux-kbuild-$series" amd64 "$series") &&
				debs+=("$deb") || continue
			for deb in "${debs[@]}"; do unpack_deb "$deb" "$dir" || return 1; done
			touch "$dir/usr/src/linux-headers-$abi/.xdf-ok"
		fi
		printf '%s\n' "$abi"
		return 0
	done
	return 1
}

# kernel_image SERIES [ARCH]: unpack the newest image (of amd64) that has
# headers too (7.x images are split over four packages); prints "ABI DIR"
kernel_image() {
	local series=$1 arch=${2:-amd64} abi dir p deb
	case $series in
	debug | kcsan)
		abi=$(debug_kernel "$series") && printf '%s %s\n' "$abi" "$XDF_CACHE/kernel/$abi"
		return
		;;
	esac
	for abi in $(kernel_abis "$series" "$arch"); do
		dir=$XDF_CACHE/kernel/$abi
		if [ ! -e "$dir/.xdf-ok" ]; then
			kernel_headers "$series" "$arch" "$abi" >/dev/null || continue
			rm -rf "$dir"
			mkdir -p "$dir"
			for p in linux-image linux-base linux-binary linux-modules; do
				deb=$(fetch_any "$p-$abi" "$arch" "$series") && unpack_deb "$deb" "$dir"
			done
			# headers may be there before the image is
			[ -n "$(vmlinuz "$abi")" ] || { rm -rf "$dir"; continue; }
			touch "$dir/.xdf-ok"
		fi
		printf '%s %s\n' "$abi" "$dir"
		return 0
	done
	return 1
}

# vmlinuz ABI / modules_dir ABI: inside an unpacked image
vmlinuz() { find "$XDF_CACHE/kernel/$1" \( -path "*/boot/vmlinuz-$1" -o -path "*/modules/$1/vmlinuz" \) -type f | head -n 1; }
modules_dir() { find "$XDF_CACHE/kernel/$1" -path "*/lib/modules/$1" -type d | head -n 1; }

# shellcheck source=tests/debug/kernel.sh
. "$XDF_TOP/tests/debug/kernel.sh"
