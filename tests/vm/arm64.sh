# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What differs when Xen, domain 0 and guests are arm64.  Programs are cross
# compiled in the amd64 chroot "arm64"; its /target has arm64's packages,
# unpacked and never run: headers and libraries for the compiler, files for the
# initramfs archives.  Sourced by lib.sh.

XDF_ARM64_COMPILER="make gcc-aarch64-linux-gnu libc6-dev pkg-config"
XDF_ARM64_PACKAGES="xen-utils-4.17 xenstore-utils busybox-static kmod libc6-dev libxen-dev libpng-dev libdrm-dev
	libvncserver-dev"

# arm64_chroot: compiler, and what it compiles for
arm64_chroot() {
	local root stamp log new
	# shellcheck disable=SC2086
	make_chroot arm64 bookworm $XDF_ARM64_COMPILER
	root=$(chroot_dir arm64)
	stamp=$(printf '%s' "$XDF_ARM64_PACKAGES" | hash_of)
	[ "$(cat "$root/target/xdf-ok" 2>/dev/null)" != "$stamp" ] || return 0
	say "fetching arm64's packages for domain 0 (100 MB, once)"
	log=$root.target.log new=$root/target.new
	rm -rf "$new" "$root/target"
	# it knows what depends on what; nothing is unpacked by it
	# shellcheck disable=SC2086
	if ! debootstrap --download-only --arch=arm64 --variant=minbase --include="$(echo $XDF_ARM64_PACKAGES | tr " " ,)" \
		bookworm "$new" "$(debian_site main)" >"$log" 2>&1; then
		tail -n 5 "$log" >&2
		die "debootstrap --download-only --arch=arm64 failed, see $log"
	fi
	arm64_unpack "$new" || die "packages for arm64 do not unpack into $new"
	printf '%s\n' "$stamp" >"$new/xdf-ok"
	mv "$new" "$root/target"
}

# arm64_unpack DIR: all packages that were fetched there
arm64_unpack() {
	local dir=$1 d deb
	for d in bin sbin lib; do
		mkdir -p "$dir/usr/$d"
		ln -s "usr/$d" "$dir/$d"
	done
	for deb in "$dir"/var/cache/apt/archives/*.deb; do
		unpack_deb "$deb" "$dir" || return 1
		basename "$deb" >>"$dir/xdf-packages"
	done
	rm -rf "$dir"/var/cache/apt/archives "$dir"/usr/share/{doc,man,info,locale}
}

# arm64_libraries ROOT FILE...: the shared libraries that they need, as paths
# inside ROOT
arm64_libraries() {
	local root=$1 todo=() seen="" f lib path
	shift
	todo=("$@")
	while [ ${#todo[@]} -gt 0 ]; do
		f=${todo[0]}
		todo=("${todo[@]:1}")
		while read -r lib; do
			case " $seen " in *" $lib "*) continue ;; esac
			seen+=" $lib"
			path=$(cd "$root" && find usr/lib -name "$lib" ! -type d | head -n 1)
			[ -n "$path" ] || { echo "$lib, which $f needs, is in none of the packages" >&2; return 1; }
			printf '/%s\n' "$path"
			todo+=("/$path")
		done < <(readelf -d "$root$f" 2>/dev/null | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
	done
}

# unpack_arm64_image FILE: the bare Image within: Debian has it as it is, with
# gzip, or (EFI zboot) as a program that decompresses itself
unpack_arm64_image() {
	local f=$1 off len
	num() { od -An -tu4 "-j$1" -N4 "$f" | tr -d ' '; }
	if [ "$(tail -c +5 "$f" | head -c 4)" = zimg ]; then
		off=$(num 8) len=$(num 12)
		tail -c "+$((off + 1))" "$f" | head -c "$len" |
			case $(tail -c +25 "$f" | head -c 4) in
			gzip) gzip -dcq ;;
			zstd) zstd -dcq ;;
			xz*) xz -dcq ;;
			*) die "$f: unknown compression of the kernel" ;;
			esac
	elif [ "$(head -c 2 "$f" | od -An -tx1 | tr -d ' ')" = 1f8b ]; then
		gzip -dcq "$f"
	else
		cat "$f"
	fi 2>/dev/null || true	# what follows the payload makes gzip complain
}
# is_arm64_image FILE
is_arm64_image() { [ "$(tail -c +57 "$1" | head -c 4)" = ARMd ]; }

# arm64_qemu: see amd64_qemu in lib.sh.  Xen finds domain 0's kernel and initramfs
# through the device tree; they must not lie on each other, nor on Xen, at the
# start of memory.  Cortex-A76: the A57 has no pages of 16 KiB.
arm64_qemu() {
	qemu=(qemu-system-aarch64 -accel 'tcg,thread=multi' -cpu cortex-a76 -nodefaults -display none
		-no-reboot -serial stdio -smp "$7" -m "$8")
	if [ -z "$4" ]; then
		qemu+=(-machine 'virt,gic-version=3' -kernel "$1" -initrd "$3" -append "$2")
		return
	fi
	# virtio by mmio: no interrupts by message, for which Xen would need more
	qemu+=(-machine 'virt,virtualization=on,gic-version=3' -kernel "$4" -append "console=dtuart $5"
		-device "guest-loader,addr=0x49000000,kernel=${1//,/,,},bootargs=${2//,/,,}"
		-device "guest-loader,addr=0x50000000,initrd=${3//,/,,}"
		-fsdev "local,id=out,path=${6//,/,,},security_model=none,multidevs=remap"
		-device 'virtio-9p-device,fsdev=out,mount_tag=out'
		-fsdev "local,id=cache,path=${XDF_VMC//,/,,},security_model=none,readonly=on,multidevs=remap"
		-device 'virtio-9p-device,fsdev=cache,mount_tag=cache')
}
