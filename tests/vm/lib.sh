# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# What goes into a boot: hypervisor, kernels, initramfs archives and the two
# programs.  Source it.  Each function makes one thing in $XDF_CACHE/vm, named
# by a hash of what it is made of, and prints its path; a thing appears under
# its name only when it is complete, so that runs side by side do no harm.

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

XDF_VM=$XDF_TOP/tests/vm
XDF_VMC=$XDF_CACHE/vm
XDF_DOM0_SERIES=${XDF_DOM0_SERIES:-6.1}
XDF_ARCH=amd64		# of Xen, domain 0 and guests; or arm64
XDF_GUEST_ARCH=""	# or arm64-16k: only guests' kernels have pages of that size
mkdir -p "$XDF_VMC"
# shellcheck source=tests/vm/userland.sh
. "$XDF_VM/userland.sh"
# shellcheck source=tests/vm/rootfs.sh
. "$XDF_VM/rootfs.sh"
# shellcheck source=tests/vm/arm64.sh
. "$XDF_VM/arm64.sh"

# The guest's modules: what a DRM driver may lean on, the stock driver to
# compare with, and sources of foreign dma-bufs.  Not every kernel has each.
XDF_GUEST_MODULES="drm drm_kms_helper drm_shmem_helper drm_dma_helper drm_client_lib drm_vram_helper
	drm_ttm_helper xen-front-pgdir-shbuf drm_xen_front vgem vkms udmabuf xenfs xen-gntdev xen-gntalloc
	xen-evtchn uinput evdev xen-kbdfront xen-blkfront crc32c_generic ext4 overlay"
XDF_DOM0_MODULES="xen-evtchn xen-privcmd xenfs xen-gntdev xen-gntalloc 9p 9pnet_virtio virtio_pci virtio_mmio
	virtio_blk virtio_net xen-blkback"
XDF_DOM0_PACKAGES="xen-utils-4.17 xenstore-utils busybox-static kmod gcc make libc6-dev libxen-dev
	libpng-dev libdrm-dev libvncserver-dev pkg-config"

# locked NAME COMMAND...: one process at a time does this
locked() {
	local name=$1 rc=0 lock_fd
	shift
	exec {lock_fd}>"$XDF_CACHE/lock-$name"
	flock "$lock_fd"
	"$@" || rc=$?
	exec {lock_fd}>&-
	return "$rc"
}

# prepare SERIES...: all that boots of these need, made once, before any runs
# beside another
prepare() {
	local s
	vm_host
	vm_chroot
	vm_xen >/dev/null
	locked "dom0-base-$XDF_ARCH" vm_dom0 >/dev/null
	for s; do locked "guest-$s-${XDF_GUEST_ARCH:-$XDF_ARCH}" vm_guest "$s" >/dev/null; done
	vm_program guest xdf-client >/dev/null
	vm_program backend xdf-backend VNC=no >/dev/null
	vm_program vm/grants xdf-grants >/dev/null
	vm_program vm/picture xdf-picture >/dev/null
}

vm_host() {
	need_host cpio kmod xz-utils zstd curl debootstrap perl
	case $XDF_ARCH in
	amd64) need_host qemu-system-x86 ;;
	arm64) need_host qemu-system-arm binutils ;;
	esac
}

# shellcheck disable=SC2086
vm_chroot() {
	case $XDF_ARCH in
	amd64) locked dom0-chroot make_chroot dom0 bookworm $XDF_DOM0_PACKAGES ;;
	arm64) locked arm64-chroot arm64_chroot ;;
	esac
}

# vm_root: what programs and libraries of domain 0 and guests are taken from
vm_root() { if [ "$XDF_ARCH" = arm64 ]; then echo "$(chroot_dir arm64)/target"; else chroot_dir dom0; fi; }

hash_of() { sha256sum | cut -c1-16; }

# tree_hash PATH...: of names, modes and contents
tree_hash() {
	local p
	for p in "$@"; do
		find "$p" -type f ! -name '*.o' ! -name '*.d' -printf '%m %P ' -exec sha256sum {} \; |
			sed 's, [^ ]*$,,'
	done | sort | hash_of
}

# keep THING: note its use; and drop what nobody has used for three days
keep() {
	touch "$1"
	find "$XDF_VMC" -mindepth 1 -maxdepth 1 -mtime +3 -exec rm -rf {} + 2>/dev/null || true
	printf '%s\n' "$1"
}

# pack DIR FILE: a cpio archive for an initramfs, owned by root
pack() {
	local new=$2.$BASHPID
	(cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc -R 0:0 --quiet) >"$new" && mv "$new" "$2"
}

# vm_xen: the hypervisor of the Debian package, unpacked
vm_xen() {
	local deb out tmp
	deb=$(fetch_deb "xen-hypervisor-4.17-$XDF_ARCH" bookworm-security "$XDF_ARCH" 2>/dev/null ||
		fetch_deb "xen-hypervisor-4.17-$XDF_ARCH" bookworm "$XDF_ARCH") ||
		die "no xen-hypervisor-4.17-$XDF_ARCH in the archive"
	out=$XDF_VMC/xen-$(basename "$deb" .deb)
	if [ ! -s "$out" ]; then
		tmp=$(mktemp -d "$XDF_VMC/tmp.XXXXXX")
		unpack_deb "$deb" "$tmp"
		case $XDF_ARCH in
		amd64) gzip -dc "$tmp"/boot/xen-4.17*.gz >"$tmp/xen" ;;
		arm64) cp "$tmp"/boot/xen-4.17-arm64 "$tmp/xen" ;;
		esac
		mv "$tmp/xen" "$out"
		rm -rf "$tmp"
	fi
	keep "$out"
}

# unpack_bzimage FILE: the ELF image within, so that nothing has to be
# decompressed in emulation
unpack_bzimage() {
	local f=$1 off len
	num() { od -An "-tu$2" "-j$(($1))" "-N$2" "$f" | tr -d ' '; }
	off=$((($(num 0x1f1 1) + 1) * 512 + $(num 0x248 4)))
	len=$(num 0x24c 4)
	payload() { tail -c "+$((off + 1))" "$f" | head -c "$len"; }
	case $(payload | head -c 4 | od -An -tx1 | tr -d ' \n') in
	fd377a58) payload | xz -dc ;;
	28b52ffd) payload | zstd -dcq ;;
	1f8b*) payload | gzip -dc ;;
	*) die "$f: unknown compression of the kernel" ;;
	esac 2>/dev/null || true	# trailing bytes make some of them complain
}

# image_of SERIES ARCH: like kernel_image.  It may unpack into a chroot in which
# modules are built, so it takes the lock that tests/build takes.
image_of() (
	exec 9>"$XDF_CACHE/chroot/$(kernel_chroot "$1").lock"
	flock 9
	build_chroots "$1" >&2
	kernel_image "$1" "$2"
)

# vm_kernel SERIES [ARCH]: "ABI PATH-OF-ELF"; arm64's is not ELF but a bare Image
vm_kernel() {
	local abi out image new arch=${2:-$XDF_ARCH}
	read -r abi _ < <(image_of "$1" "$arch") || die "no kernel $1 for $arch with headers in the archive"
	image=$(vmlinuz "$abi")
	out=$XDF_VMC/vmlinux-$abi-$(hash_of <"$image")
	if [ ! -s "$out" ]; then
		new=$out.$BASHPID
		case $XDF_ARCH in
		amd64)
			unpack_bzimage "$image" >"$new"
			[ "$(head -c 4 "$new" | tail -c 3)" = ELF ] || die "$image did not unpack to an ELF image"
			;;
		arm64)
			unpack_arm64_image "$image" >"$new"
			is_arm64_image "$new" || die "$image did not unpack to an arm64 Image"
			;;
		esac
		mv "$new" "$out"
	fi
	printf '%s %s\n' "$abi" "$(keep "$out")"
}

# add_modules ABI DIR MODULE...: with what they depend on, uncompressed
add_modules() {
	local abi=$1 dir=$2 from tree
	shift 2
	from=$(modules_dir "$abi")
	tree=${from%/lib/modules/*}
	[ -s "$from/modules.dep.bin" ] || locked "depmod-$abi" depmod -b "$tree" "$abi"
	mkdir -p "$dir/lib/modules/$abi"
	cp "$from"/modules.builtin* "$from/modules.order" "$dir/lib/modules/$abi/" 2>/dev/null || true
	for m in "$@"; do
		modprobe -d "$tree" -S "$abi" --show-depends "$m" 2>/dev/null || true	# this kernel has none
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r m; do
		local to=$dir/lib/modules/$abi/${m#"$from"/}
		mkdir -p "$(dirname "$to")"
		case $m in
		*.xz) xz -dc "$m" >"${to%.xz}" ;;
		*.zst) zstd -dcq "$m" >"${to%.zst}" ;;
		*) cp "$m" "$to" ;;
		esac || exit 1
	done || die "modules of $abi cannot be copied to $dir"
}

# libraries_of FILE...: what they are linked with, as paths in vm_root
libraries_of() {
	if [ "$XDF_ARCH" = arm64 ]; then
		echo /lib/ld-linux-aarch64.so.1
		arm64_libraries "$(vm_root)" "$@"
	else
		in_chroot dom0 ldd "$@" 2>/dev/null |
			sed -nE 's/.*=> (\/[^ ]+) .*/\1/p; s/^[[:space:]]+(\/lib64[^ ]+) .*/\1/p' | sort -u
	fi
}

# add_files DIR FILE...: from vm_root; an image that lacks one is not made
add_files() {
	local dir=$1 root f
	root=$(vm_root)
	shift
	for f in "$@"; do
		mkdir -p "$dir$(dirname "$f")"
		cp -L "$root$f" "$dir$f" || die "$f is in none of the packages in $root"
	done
}

# add_programs DIR FILE...: from vm_root, with their libraries
add_programs() {
	local dir=$1 libs
	shift
	add_files "$dir" "$@"
	libs=$(libraries_of "$@") || die "libraries are missing"
	# shellcheck disable=SC2086
	add_files "$dir" $libs
}

# add_xenstore DIR: the command line client, all names of it
add_xenstore() {
	local a
	add_programs "$1" /usr/bin/xenstore
	for a in read write rm ls list chmod exists watch; do ln -sf xenstore "$1/usr/bin/xenstore-$a"; done
}

packages_hash() {
	if [ "$XDF_ARCH" = arm64 ]; then
		cat "$(chroot_dir arm64)/var/lib/dpkg/status" "$(vm_root)/xdf-packages" | hash_of
	else
		hash_of <"$(chroot_dir dom0)/var/lib/dpkg/status"
	fi
}

# vm_dom0: initramfs of domain 0
vm_dom0() {
	local abi out tmp b x=/usr/lib/xen-4.17/bin progs=() libs l=lib/x86_64-linux-gnu
	[ "$XDF_ARCH" != arm64 ] || l=lib/aarch64-linux-gnu
	read -r abi _ < <(vm_kernel "$XDF_DOM0_SERIES") || return 1
	out=$XDF_VMC/dom0-$( { declare -f vm_dom0 add_modules add_files add_programs libraries_of add_xenstore
		cat "$XDF_VM/init-dom0"; echo "$abi $XDF_DOM0_MODULES $(packages_hash)"; } | hash_of).cpio
	if [ ! -s "$out" ]; then
		say "packing domain 0, $XDF_ARCH: Xen 4.17 tools, kernel $abi"
		tmp=$(mktemp -d "$XDF_VMC/tmp.XXXXXX")
		mkdir -p "$tmp"/{bin,sbin,dev,proc,sys,run,tmp,etc/xen/scripts,var/log/xen,var/lib/xen,var/lib/xenstored,root,out,cache}
		ln -s ../run "$tmp/var/run"
		ln -s ../run/lock "$tmp/var/lock"
		for b in xl xenstored xenconsoled xen-init-dom0 xenconsole libxl-save-helper lsevtchn xenstore-control; do
			[ "$XDF_ARCH $b" = "arm64 lsevtchn" ] || progs+=("$x/$b")	# it is x86's only
		done
		# what xdf-backend may be linked with
		mapfile -t libs < <(cd "$(vm_root)" &&
			find "usr/$l" -name 'libxen*.so.*' -o -name 'libpng16.so.16' -o -name 'libgcc_s.so.1' |
			sed 's,^,/,')
		add_programs "$tmp" "${progs[@]}" "${libs[@]}"
		add_programs "$tmp" "/$l/libgcc_s.so.1"	# libxl-save-helper ends threads
		add_xenstore "$tmp"
		add_files "$tmp" /bin/busybox
		# xl 4.17 calls this for disks whatever xl.conf says; the real one wants bash
		cat >"$tmp/etc/xen/scripts/block" <<-'B'
			#!/bin/sh
			[ "$1" = add ] || exit 0
			xenstore-write $XENBUS_PATH/physical-device $(stat -L -c %t:%T $(xenstore-read $XENBUS_PATH/params)) \
				$XENBUS_PATH/hotplug-status connected
		B
		chmod +x "$tmp/etc/xen/scripts/block"
		echo 'run_hotplug_scripts=0' >"$tmp/etc/xen/xl.conf"
		# shellcheck disable=SC2086
		add_modules "$abi" "$tmp" $XDF_DOM0_MODULES
		depmod -b "$tmp" "$abi"
		cp "$XDF_VM/init-dom0" "$tmp/init"
		chmod +x "$tmp/init"
		pack "$tmp" "$out"
		rm -rf "$tmp"
	fi
	keep "$out"
}

# vm_guest SERIES: "ABI ELF TREE", TREE.cpio is the packed base, TREE its files
vm_guest() {
	local abi elf out tmp
	read -r abi elf < <(vm_kernel "$1" "${XDF_GUEST_ARCH:-$XDF_ARCH}") || return 1
	out=$XDF_VMC/guest-$abi-$( { declare -f vm_guest add_modules add_files add_programs libraries_of add_xenstore
		cat "$XDF_VM/init-guest"; echo "$XDF_GUEST_MODULES $(packages_hash) $elf"; } | hash_of)
	if [ ! -s "$out.cpio" ]; then
		say "packing a guest: kernel $abi"
		tmp=$(mktemp -d "$XDF_VMC/tmp.XXXXXX")
		mkdir -p "$tmp"/{bin,sbin,usr/bin,usr/sbin,dev,proc,sys,run,tmp,etc/modprobe.d,job,root}
		add_files "$tmp" /bin/busybox
		add_programs "$tmp" /bin/kmod
		for b in modprobe rmmod insmod lsmod modinfo depmod; do ln -s ../bin/kmod "$tmp/sbin/$b"; done
		add_xenstore "$tmp"
		# shellcheck disable=SC2086
		add_modules "$abi" "$tmp" $XDF_GUEST_MODULES
		depmod -b "$tmp" "$abi"
		cp "$XDF_VM/init-guest" "$tmp/init"
		chmod +x "$tmp/init"
		chmod 755 "$tmp"
		rm -rf "$out"
		mv -T "$tmp" "$out"
		pack "$out" "$out.cpio"	# last: its presence says that all is there
	fi
	keep "$out" >/dev/null
	keep "$out.cpio" >/dev/null
	printf '%s %s %s\n' "$abi" "$elf" "$out"
}

# vm_program DIR FILE [MAKE-ARGUMENT...]: build tests/DIR in the dom0 chroot (its
# compiler, Xen and DRM headers are the same everywhere), or for arm64 in its;
# prints the path of FILE
vm_program() {
	local dir=$1 file=$2 out src root log box=dom0 cross=()
	shift 2
	if [ "$XDF_ARCH" = arm64 ]; then
		box=arm64
		cross=("CC=aarch64-linux-gnu-gcc --sysroot=/target" DRM_CFLAGS=-I=/usr/include/libdrm
			"PKG_CONFIG=PKG_CONFIG_LIBDIR=/target/usr/lib/aarch64-linux-gnu/pkgconfig:/target/usr/share/pkgconfig pkg-config")
	fi
	root=$(chroot_dir "$box")
	[ -e "$XDF_TOP/tests/$dir/Makefile" ] || die "tests/$dir is not there yet"
	out=$XDF_VMC/$file-$( { packages_hash; tree_hash "$XDF_TOP/tests/$dir"; echo "${cross[*]} $*"; } | hash_of)
	if [ ! -x "$out" ]; then
		say "building $file"
		src=$(mktemp -d "$root/tmp/xdf.XXXXXX")
		log=$XDF_VMC/$file.log
		mkdir -p "$src/tests/$dir"
		for d in src include; do [ -e "$XDF_TOP/$d" ] && cp -r "$XDF_TOP/$d" "$src/"; done
		cp -r "$XDF_TOP/tests/$dir/." "$src/tests/$dir/"
		mkdir "$src/out"
		if ! in_chroot "$box" make -C "${src#"$root"}/tests/$dir" "O=${src#"$root"}/out" "${cross[@]}" "$@" \
			>"$log" 2>&1; then
			tail -n 15 "$log" >&2
			rm -rf "$src"
			die "tests/$dir does not build, see $log"
		fi
		cp "$src/out/$file" "$src/new"
		mv "$src/new" "$out"
		rm -rf "$src"
	fi
	keep "$out"
}

# vm_vnc BACKEND DIR: what a backend with VNC wants in domain 0, and the viewer
# of the tests
vm_vnc() {
	local shot root f needs rc=0 id=$BASHPID
	root=$(vm_root)
	shot=$(vm_program backend xdf-vncshot vncshot) || return 1
	mkdir -p "$2/lib" "$root/tmp"
	cp "$shot" "$2/bin/xdf-vncshot"
	cp "$1" "$root/tmp/xdf-backend.$id"
	cp "$shot" "$root/tmp/xdf-vncshot.$id"
	needs=$(libraries_of "/tmp/xdf-backend.$id" "/tmp/xdf-vncshot.$id") || rc=1
	rm -f "$root/tmp/"xdf-{backend,vncshot}".$id"
	for f in $needs; do cp -L "$root$f" "$2/lib/" || rc=1; done
	return $rc
}

# amd64_qemu KERNEL KERNEL-ARGS INITRD XEN XEN-ARGS OUT CPUS MIB: sets qemu.  Without
# XEN: the kernel by itself.  A CPU model with XSAVE makes user space of domain 0
# crash at random under TCG, one with SMAP kills it; pinning keeps domain 0 and
# guests apart.
amd64_qemu() {
	qemu=(qemu-system-x86_64 -accel 'tcg,thread=multi' -cpu 'qemu64,+npt,+rdrand' -nodefaults -display none
		-no-reboot -serial stdio -smp "$7" -m "$8")
	if [ -z "$4" ]; then
		qemu+=(-kernel "$1" -initrd "$3" -append "$2")
		return
	fi
	qemu+=(-kernel "$4" -append "console=com1 com1=115200,8n1 $5" -initrd "$1 $2,$3"
		-virtfs "local,path=$6,mount_tag=out,security_model=none,multidevs=remap"
		-virtfs "local,path=$XDF_VMC,mount_tag=cache,security_model=none,readonly=on,multidevs=remap")
}

# vm_job_archive SERIES TREE ABI MODULE DIR OUT: the part of a guest's
# initramfs that belongs to one run: DIR, our module, and the module lists that
# depmod makes of both
vm_job_archive() {
	local abi=$3 module=$4 dir=$5 out=$6 tmp lib
	tmp=$(mktemp -d "$XDF_VMC/tmp.XXXXXX")
	lib=lib/modules/$abi
	if [ -n "$module" ]; then
		cp -al "$2/lib" "$tmp/"
		# what it leans on and the base lacks
		# shellcheck disable=SC2046
		add_modules "$abi" "$tmp/more" $(modinfo -F depends "$module" | tr ',' ' ')
		cp -rn "$tmp/more/lib" "$tmp/"
		mkdir -p "$tmp/$lib/updates/dkms" "$dir/$lib"
		cp "$module" "$tmp/$lib/updates/dkms/xen_drm_front.ko"
		for f in "$tmp/$lib"/modules.*; do
			case ${f##*/} in modules.order | modules.builtin | modules.builtin.modinfo) ;; *) rm -f "$f" ;; esac
		done
		depmod -b "$tmp" "$abi" 2>"$out.depmod"
		(cd "$tmp" && find "$lib" -type f -links 1 -print0 | cpio -0 -pdm --quiet "$dir")
		cp "$tmp/$lib"/modules.* "$dir/$lib/"
		[ -s "$out.depmod" ] || rm -f "$out.depmod"
	fi
	rm -rf "$tmp"
	pack "$dir" "$out"
}
