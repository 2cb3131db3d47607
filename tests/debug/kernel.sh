# SPDX-License-Identifier: GPL-2.0 OR MIT
# shellcheck shell=bash
#
# The guest series "debug" and "kcsan": kernels of Debian's newest linux-source for
# the series below, with tests/debug/config, or its first parts and config-kcsan, made
# in a chroot of their own.  Sourced by tests/lib/common.sh, whose callers hold the
# lock of that chroot.

XDF_DEBUG_SERIES=6.12
XDF_DEBUG_CONFIG=$XDF_TOP/tests/debug/config

debug_chroot() { make_chroot debug trixie make gcc flex bison libc6-dev libelf-dev bc kmod perl xz-utils cpio; }

# debug_kernel SERIES: make it, or find it; prints the ABI.  Its name says what it
# was made of: source package, configuration, compiler.
debug_kernel() (
	local root deb version abi tree image log
	# Code that runs in a PVH guest before there is a shadow map must not look at it.
	local args=(ARCH=x86_64 KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=xdf KBUILD_BUILD_HOST=xdf
		KASAN_SANITIZE_enlighten_pvh.o=n KASAN_SANITIZE_string.o=n)
	debug_chroot >&2
	root=$(chroot_dir debug)
	if [ "$1" = kcsan ]; then
		sed '/^# --- what shall find faults/,$d' "$XDF_DEBUG_CONFIG" |
			cat - <(sed 1d "${XDF_DEBUG_CONFIG%/*}/config-kcsan") >"$root/xdf-kcsan.config"
		local XDF_DEBUG_CONFIG=$root/xdf-kcsan.config
		# Races are looked for in DRM and in Xen's drivers only, as in the module itself:
		# else nearly all accesses that are watched would be those of others, and a
		# report from within the scheduler or a console can stop the guest.
		args+=('KCSAN_SANITIZE=$(if $(filter drivers/gpu/drm/% drivers/xen/%,$(obj)/),y,n)')
	else
		# What looks for mistakes need not be looked at itself: a fork() is mostly in these.
		args+=(KASAN_SANITIZE_lockdep.o=n KASAN_SANITIZE_kmemleak.o=n KASAN_SANITIZE_debugobjects.o=n)
	fi
	deb=$(fetch_any linux-source-$XDF_DEBUG_SERIES amd64 $XDF_DEBUG_SERIES) ||
		die "no linux-source-$XDF_DEBUG_SERIES in the archive"
	version=$(basename "$deb" _all.deb)
	version=${version#*_}
	abi=${version%%-*}-xdf-$({ echo "$version"; cat "$XDF_DEBUG_CONFIG"; in_chroot debug gcc --version
		declare -f debug_build debug_make; echo "${args[@]}"; } | sha256sum | cut -c1-8)
	tree=/usr/src/linux-headers-$abi	# where tests/build looks for any kernel
	image=$XDF_CACHE/kernel/$abi
	if [ ! -e "$image/.xdf-ok" ]; then
		log=$XDF_CACHE/kernel/$1.log
		say "building the $1 kernel $abi (20 minutes or more, once); see $log"
		if ! debug_build "$deb" "$abi" "$tree" >"$log" 2>&1; then
			grep -E 'error|Error|^debug:' "$log" | tail -n 10 >&2
			die "the $1 kernel does not build, see $log"
		fi
		mkdir -p "$image/boot"
		cp "$root$tree/arch/x86/boot/bzImage" "$image/boot/vmlinuz-$abi"
		rm -rf "${image:?}/lib"
		cp -a "$root$tree/installed/lib" "$image/"
		rm -rf "$root$tree/installed"
		touch "$image/.xdf-ok"
	fi
	# what nobody has asked for in two weeks
	touch "$image" "$root$tree"
	find "$root/usr/src" "$XDF_CACHE/kernel" -maxdepth 1 -type d -name '*-xdf-????????' -mtime +14 -exec rm -rf {} +
	printf '%s\n' "$abi"
)

# debug_build DEB ABI TREE
debug_build() {
	local deb=$1 abi=$2 tree=$3 root lack
	root=$(chroot_dir debug)
	if [ ! -e "$root$tree/.xdf-unpacked" ]; then
		rm -rf "${root:?}$tree"
		mkdir -p "$root$tree"
		dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
			tar -xJ --strip-components=1 -C "$root$tree" || return 1
		touch "$root$tree/.xdf-unpacked"
	fi
	{ cat "$XDF_DEBUG_CONFIG"; echo "CONFIG_LOCALVERSION=\"-${abi#*-}\""; } >"$root$tree/xdf.config"
	debug_make "$tree" KCONFIG_ALLCONFIG=xdf.config allnoconfig || return 1
	lack=$(grep -E '^(CONFIG_|# CONFIG_)' "$root$tree/xdf.config" | grep -vxFf "$root$tree/.config")
	[ -z "$lack" ] || { echo "debug: Kconfig does not take this: $lack"; return 1; }
	debug_make "$tree" -j2 bzImage modules || return 1
	debug_make "$tree" INSTALL_MOD_PATH=installed modules_install || return 1
	rm -f "$root$tree/installed/lib/modules/$abi/build"
}

# debug_make TREE ARGS: with "args" of debug_kernel
debug_make() {
	local tree=$1
	shift
	in_chroot debug nice -n 19 make -C "$tree" "${args[@]}" "$@" </dev/null
}
