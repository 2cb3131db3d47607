# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# A whole Debian as the guest's second user land: Weston, X, plymouth,
# modetest, IGT; or as its only one: desktops.  Sourced by lib.sh.

# The one suite that has all of them; no release has IGT's tests.
XDF_USERLAND_SUITE=${XDF_USERLAND_SUITE:-forky}
XDF_USERLAND_PACKAGES="udev kmod kbd procps libdrm-tests drm-info fbcat fbset igt-gpu-tools-tests
	weston seatd xserver-xorg-core xserver-xorg-input-libinput xkb-data xinit xterm x11-apps x11-utils
	x11-xserver-utils xfonts-base fonts-dejavu-core libgl1-mesa-dri kmscube plymouth plymouth-themes"

# What people have: its compositors are those of bug reports.
XDF_DESKTOPS_SUITE=${XDF_DESKTOPS_SUITE:-trixie}
XDF_DESKTOPS_PACKAGES="systemd-sysv udev kmod kbd procps dbus dbus-user-session libpam-systemd xenstore-utils
	busybox-static libgl1-mesa-dri sway labwc swaybg wlopm foot kwin-wayland libkscreen-bin qt6-wayland mutter
	xserver-xorg-core xserver-xorg-input-libinput icewm x11-utils x11-xserver-utils xkb-data
	xfonts-base fonts-dejavu-core mpv socat"

# userland_chroot NAME SUITE PACKAGES: what the image is made of, as the chroot NAME
userland_chroot() {
	local name=$1 suite=$2 dir script="" log=$XDF_VMC/$1.log
	dir=$(chroot_dir "$name")
	rm -rf --one-file-system "$dir"
	# a debootstrap that is older than the suite takes it for unstable's like
	[ -e "/usr/share/debootstrap/scripts/$suite" ] || script=sid
	# mounts of its own, so that nothing stays mounted when it is interrupted
	unshare --mount --propagation private debootstrap --variant=minbase \
		"$suite" "$dir" "$(debian_site main)" $script >"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "debootstrap $suite failed, see $log"
	}
	# the rest by apt: debootstrap knows nothing of virtual packages
	# shellcheck disable=SC2086
	in_chroot "$name" apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
		-o APT::Sandbox::User=root $3 >>"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		die "packages for $name do not install, see $log"
	}
	${name}_finish "$dir"
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

# userland_trim DIR: no word of what only a person or apt would read; places that
# the scenarios use
userland_trim() {
	local dir=$1
	rm -rf "$dir"/var/cache/apt/*.bin "$dir"/var/cache/apt/archives "$dir"/var/lib/apt/lists \
		"$dir"/usr/share/{doc,man,info,lintian,locale,groff} "$dir"/usr/libexec/gcc
	mkdir -p "$dir"/{job,results,etc/udev/rules.d,etc/modprobe.d,usr/lib/modules}
	echo guest >"$dir/etc/hostname"
}

userland_finish() {
	userland_trim "$1"
	mkdir -p "$1/tmp/.X11-unix"
	chmod 1777 "$1/tmp/.X11-unix"
	# a script loads the modules itself
	ln -sf /dev/null "$1/etc/udev/rules.d/80-drivers.rules"
}

# desktops_finish DIR: systemd starts the script of a run as rootfs.sh has it; a person
# whose session bus is always there, and who may use what a display manager would give
desktops_finish() {
	userland_trim "$1"
	vm_job_service "$1"
	in_chroot desktops systemctl -q enable xdf-job.service &&
		in_chroot desktops systemctl -q mask serial-getty@hvc0.service getty@.service getty-static.service \
			apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer &&
		in_chroot desktops useradd --create-home --uid 1000 --groups video,render,input user ||
		die "could not set up the desktops"
	mkdir -p "$1/var/lib/systemd/linger"
	: >"$1/var/lib/systemd/linger/user"
}

# vm_userland NAME: path of an ext4 image that guests share, read-only: userland, or
# desktops; PATH.packages says what is in it
vm_userland() {
	local name=$1 out dir make=userland_chroot suite=$XDF_USERLAND_SUITE packages=$XDF_USERLAND_PACKAGES
	local what="Weston, Xorg, IGT (260 MB to fetch, 3 minutes, once)"
	case $name-$XDF_ARCH in
	desktops-amd64)
		suite=$XDF_DESKTOPS_SUITE packages=$XDF_DESKTOPS_PACKAGES
		what="sway, kwin, mutter, Xorg (280 MB to fetch, 5 minutes, once)"
		;;
	desktops-*) die "desktops are made for amd64 only" ;;
	userland-arm64) make=userland_unpack name=userland-arm64 ;;
	esac
	out=$XDF_VMC/$name-$suite-$( { declare -f $make userland_trim "${1}_finish" vm_job_service
		echo "$packages"; } | hash_of).ext4
	if [ ! -s "$out" ]; then
		need_root
		need_host debootstrap debian-archive-keyring e2fsprogs
		dir=$(chroot_dir "$name")
		say "making a Debian user land for guests, $XDF_ARCH: $suite with $what"
		$make "$name" "$suite" "$packages"
		if [ "$XDF_ARCH" = arm64 ]; then
			mv "$dir/xdf-packages" "$out.packages"
		else
			dpkg-query --admindir="$dir/var/lib/dpkg" -W >"$out.packages"
		fi
		say "packing it: $(du -sm "$dir" | cut -f1) MB"
		mke2fs -q -t ext4 -O ^has_journal -m 0 -L "$1" -d "$dir" "$out.new" \
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
