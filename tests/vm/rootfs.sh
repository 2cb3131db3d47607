# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# A whole Debian as the guest's only one: it boots from its own disk with its
# own kernel, initrd, systemd and udev, and got our package from apt.  Sourced
# by lib.sh.

# shellcheck source=tests/install/lib.sh
. "$XDF_TOP/tests/install/lib.sh"

# nothing here that a Debian guest does not have, but busybox, for our scripts
XDF_ROOTFS_PACKAGES="systemd-sysv udev kmod dkms initramfs-tools zstd linux-image-amd64 linux-headers-amd64
	busybox-static xenstore-utils"

# vm_job_service DIR [LINE...]: what starts the script of a run; with these lines of a service
vm_job_service() {
	local dir=$1 line
	shift
	{
		cat <<-'U'
			[Unit]
			Description=the job of this run
			After=getty.target systemd-udev-settle.service
			[Service]
			Type=oneshot
			TimeoutStartSec=infinity
			Environment=PATH=/run/job-sh:/usr/sbin:/usr/bin:/sbin:/bin:/run/job-bin HOME=/root LC_ALL=C.UTF-8
		U
		for line; do echo "$line"; done
		cat <<-'U'
			ExecStart=/bin/busybox sh /job/guest-rootfs
			[Install]
			WantedBy=multi-user.target
		U
	} >"$dir/etc/systemd/system/xdf-job.service"
}

# rootfs_fill BOX DEB EARLY IMAGE: in a system that nobody minds
rootfs_fill() {
	local box=$1 root
	root=$(chroot_dir "$box")
	cp "$2" "$root/tmp/package.deb"
	if [ -n "$3" ]; then
		echo xen_drm_front >>"$root/etc/initramfs-tools/modules"
		# the kernel's own is there, too, for udev to choose between
		printf '#!/bin/sh\n[ "$1" != prereqs ] || exit 0\n. /usr/share/initramfs-tools/hook-functions\nmanual_add_modules drm_xen_front\n' \
			>"$root/etc/initramfs-tools/hooks/both"
		chmod +x "$root/etc/initramfs-tools/hooks/both"
	fi
	# where the root file system is says the kernel's command line
	echo "/dev/xvda / ext4 defaults 0 0" >"$root/etc/fstab"
	apt_in "$box" install /tmp/package.deb || return 1
	in_chroot "$box" sh -c 'lsinitramfs /boot/initrd.img-*' >"$4.initrd-list" || return 1
	rm -rf "$root"/tmp/* "$root"/var/lib/apt/lists "$root"/var/cache/apt/*.bin
	echo a-name-of-its-own >"$root/etc/hostname"
	mkdir -p "$root"/{job,results}
	vm_job_service "$root" 'ExecStartPre=/bin/mount /dev/xvdb /results' 'ExecStartPre=/bin/mount --bind /results/job /job'
	# kernel and scripts have hvc0 to themselves; the login prompt is on tty1
	in_chroot "$box" systemctl -q enable xdf-job.service &&
		in_chroot "$box" systemctl -q mask serial-getty@hvc0.service apt-daily.timer apt-daily-upgrade.timer || return 1
	cp "$root"/boot/initrd.img-* "$4.initrd" && cp "$root"/boot/vmlinuz-* "$4.vmlinuz" || return 1
	mke2fs -q -t ext4 -O ^has_journal -m 0 -L root -d "$root" "$4" \
		"$(($(du -sm --apparent-size "$root" | cut -f1) * 115 / 100 + 256))M" >/dev/null
}

# vm_rootfs SUITE [-early]: "ABI ELF INITRD IMAGE"
vm_rootfs() {
	local suite=$1 early=$2 deb out box log abi
	case $suite in bookworm | trixie) ;; *) die "no root file system of $suite; there are bookworm and trixie" ;; esac
	deb=$(mktemp -d "$XDF_VMC/tmp.XXXXXX")
	OUT=$deb "$XDF_TOP/tests/install/package" deb >/dev/null 2>"$deb/log" || { cat "$deb/log" >&2; die "make deb failed"; }
	# shellcheck disable=SC2086
	with_lock "rootfs-$suite" apt_chroot "rootfs-$suite" "$suite" $XDF_ROOTFS_PACKAGES || return 1
	out=$XDF_VMC/rootfs-$suite$early-$( { declare -f rootfs_fill vm_job_service
		cat "$deb"/*.deb "$(chroot_dir "rootfs-$suite")/var/lib/dpkg/status"; } | hash_of)
	if [ ! -s "$out" ]; then
		say "installing our package in a Debian $suite (2 minutes, once for each version of it)"
		need_host e2fsprogs
		box=rootfs-$suite.$$
		log=$XDF_VMC/rootfs-$suite.log
		export -f rootfs_fill vm_job_service apt_in in_chroot chroot_dir
		export XDF_CACHE
		scratch "rootfs-$suite" "$box" rootfs_fill "$box" "$deb"/*.deb "$early" "$out.new" >"$log" 2>&1 </dev/null || {
			tail -n 15 "$log" >&2
			die "could not install our package in Debian $suite, see $log"
		}
		unpack_bzimage "$out.new.vmlinuz" >"$out.elf"
		rm "$out.new.vmlinuz"
		mv "$out.new.initrd" "$out.initrd"
		mv "$out.new.initrd-list" "$out.initrd-list"
		mv "$out.new" "$out"
	fi
	rm -rf "$deb"
	abi=$(sed -n 's,^\(usr/\)\?lib/modules/\([^/]*\)$,\2,p' "$out.initrd-list" | head -n 1)
	for f in "$out".{elf,initrd,initrd-list}; do keep "$f" >/dev/null; done
	printf '%s %s %s %s\n' "$abi" "$out.elf" "$out.initrd" "$(keep "$out")"
}
