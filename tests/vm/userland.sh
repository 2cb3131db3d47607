# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# A whole Debian as the guest's second user land: compositors, X, plymouth,
# modetest, IGT.  Sourced by lib.sh.

# The one suite that has all of them; no release has IGT's tests.
XDF_USERLAND_SUITE=${XDF_USERLAND_SUITE:-forky}
XDF_USERLAND_PACKAGES="udev kmod kbd procps libdrm-tests drm-info fbcat fbset igt-gpu-tools-tests
	weston seatd xserver-xorg-core xserver-xorg-input-libinput xkb-data xinit xterm x11-apps x11-utils
	x11-xserver-utils xfonts-base fonts-dejavu-core libgl1-mesa-dri kmscube plymouth plymouth-themes"

# userland_chroot: what the image is made of, as the chroot "userland"
userland_chroot() {
	local dir script="" log=$XDF_VMC/userland.log
	dir=$(chroot_dir userland)
	rm -rf --one-file-system "$dir"
	# a debootstrap that is older than the suite takes it for unstable's like
	[ -e "/usr/share/debootstrap/scripts/$XDF_USERLAND_SUITE" ] || script=sid
	# mounts of its own, so that nothing stays mounted when it is interrupted
	unshare --mount --propagation private debootstrap --variant=minbase \
		"$XDF_USERLAND_SUITE" "$dir" "$(debian_site main)" $script >"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "debootstrap $XDF_USERLAND_SUITE failed, see $log"
	}
	# the rest by apt: debootstrap knows nothing of virtual packages
	# shellcheck disable=SC2086
	in_chroot userland apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
		-o APT::Sandbox::User=root $XDF_USERLAND_PACKAGES >>"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "packages for the user land do not install, see $log"
	}
	userland_finish "$dir"
}

# userland_unpack: the same of arm64.  This machine's apt finds what depends on what;
# nothing is run before it boots, so no script of a package either: what the
# scenarios miss of those is made here.  Debian has no IGT for arm64
userland_unpack() {
	local dir apt log=$XDF_VMC/userland-arm64.log f
	dir=$(chroot_dir userland-arm64)
	apt=$dir.apt
	rm -rf --one-file-system "$dir" "$apt"
	mkdir -p "$apt/lists/partial" "$dir/var/cache/apt/archives/partial" "$dir/var/lib/dpkg/info"
	: >"$apt/status"
	printf 'deb [arch=arm64] %s %s main\n' "$(debian_site main)" "$XDF_USERLAND_SUITE" >"$apt/sources.list"
	cat >"$apt/conf" <<-C
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Dir::State "$apt";
		Dir::State::status "$apt/status";
		Dir::Cache "$dir/var/cache/apt";
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
	C
	# shellcheck disable=SC2086
	APT_CONFIG=$apt/conf apt-get update -q >"$log" 2>&1 &&
		APT_CONFIG=$apt/conf apt-get install -y -q --download-only '?essential' \
			${XDF_USERLAND_PACKAGES//igt-gpu-tools-tests/} >>"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "arm64's packages for the user land cannot be fetched, see $log"
	}
	rm -rf "$apt"
	arm64_unpack "$dir" || die "arm64's packages for the user land do not unpack into $dir"
	while IFS=_ read -r f _; do : >"$dir/var/lib/dpkg/info/$f.list"; done <"$dir/xdf-packages"
	for f in passwd group; do cp "$dir/usr/share/base-passwd/$f.master" "$dir/etc/$f"; done
	ln -sf mawk "$dir/usr/bin/awk"
	ln -sf dash "$dir/usr/bin/sh"
	userland_finish "$dir"
}

# userland_finish DIR: no word of what only a person or apt would read; places that
# the scenarios use
userland_finish() {
	local dir=$1
	rm -rf "$dir"/var/cache/apt/*.bin "$dir"/var/cache/apt/archives "$dir"/var/lib/apt/lists \
		"$dir"/usr/share/{doc,man,info,lintian,locale,groff} "$dir"/usr/libexec/gcc
	mkdir -p "$dir"/{job,results,etc/udev/rules.d,etc/modprobe.d,usr/lib/modules,tmp/.X11-unix}
	chmod 1777 "$dir/tmp/.X11-unix"
	# a script loads the modules itself
	ln -sf /dev/null "$dir/etc/udev/rules.d/80-drivers.rules"
	echo guest >"$dir/etc/hostname"
}

# vm_userland: path of an ext4 image that guests share, read-only;
# PATH.packages says what is in it
vm_userland() {
	local out dir make=userland_chroot name=userland
	[ "$XDF_ARCH" != arm64 ] || make=userland_unpack name=userland-arm64
	out=$XDF_VMC/$name-$XDF_USERLAND_SUITE-$( { declare -f $make userland_finish
		echo "$XDF_USERLAND_PACKAGES"; } | hash_of).ext4
	if [ ! -s "$out" ]; then
		need_root
		need_host debootstrap debian-archive-keyring e2fsprogs
		dir=$(chroot_dir $name)
		say "making the guest's Debian user land, $XDF_ARCH: $XDF_USERLAND_SUITE with weston, Xorg, IGT (260 MB to fetch, 3 minutes, once)"
		$make
		if [ "$XDF_ARCH" = arm64 ]; then
			mv "$dir/xdf-packages" "$out.packages"
		else
			dpkg-query --admindir="$dir/var/lib/dpkg" -W >"$out.packages"
		fi
		say "packing it: $(du -sm "$dir" | cut -f1) MB"
		mke2fs -q -t ext4 -O ^has_journal -m 0 -L userland -d "$dir" "$out.new" \
			"$(($(du -sm --apparent-size "$dir" | cut -f1) * 115 / 100 + 64))M" >/dev/null ||
			die "mke2fs could not pack the user land"
		mv "$out.new" "$out"
		rm -rf --one-file-system "$dir"
	fi
	touch "$out.packages"
	keep "$out"
}

# vm_results FILE [JOB]: an ext4 image for what a guest leaves us, empty but for
# the directory JOB
vm_results() {
	local with=()
	rm -rf "$1" "$1.job"
	if [ -n "${2:-}" ]; then
		mkdir "$1.job"
		cp -r "$2" "$1.job/job"
		with=(-d "$1.job")
	fi
	# no thread of the guest's that writes inode tables when it pleases
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 -m 0 -L results "${with[@]}" "$1" 512M >/dev/null
	rm -rf "$1.job"
}

# vm_results_get FILE DIR: its contents, however the guest ended
vm_results_get() {
	mkdir -p "$2"
	e2fsck -fp "$1" >/dev/null 2>&1 || true	# 1: it mended something
	debugfs -R "rdump / \"$2\"" "$1" >/dev/null 2>&1
	rm -rf "$2/lost+found" "$2/job"
}
